
:
c0/x0Placeholder*
dtype0*
shape:
2
c0/x1Placeholder*
dtype0*
shape:
9
c0/yRFFT3Dc0/x0c0/x1*
Tcomplex0*
Treal0
:
c1/x0Placeholder*
dtype0*
shape:
2
c1/x1Placeholder*
dtype0*
shape:
9
c1/yRFFT3Dc1/x0c1/x1*
Tcomplex0*
Treal0"ª