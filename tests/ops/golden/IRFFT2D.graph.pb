
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
:
c0/yIRFFT2Dc0/x0c0/x1*
Tcomplex0*
Treal0
6
c1/x0Placeholder*
dtype0*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
:
c1/yIRFFT2Dc1/x0c1/x1*
Tcomplex0*
Treal0"ª