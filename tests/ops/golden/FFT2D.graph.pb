
:
c0/x0Placeholder*
dtype0*
shape:
$
c0/yFFT2Dc0/x0*
Tcomplex0
:
c1/x0Placeholder*
dtype0*
shape:
$
c1/yFFT2Dc1/x0*
Tcomplex0"ª