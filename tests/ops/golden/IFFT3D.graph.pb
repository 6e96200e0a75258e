
:
c0/x0Placeholder*
dtype0*
shape:
%
c0/yIFFT3Dc0/x0*
Tcomplex0
:
c1/x0Placeholder*
dtype0*
shape:
%
c1/yIFFT3Dc1/x0*
Tcomplex0"ª