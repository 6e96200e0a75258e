
6
c0/x0Placeholder*
dtype0*
shape
:
%
c0/yIFFT2Dc0/x0*
Tcomplex0
6
c1/x0Placeholder*
dtype0*
shape
:
%
c1/yIFFT2Dc1/x0*
Tcomplex0"ª