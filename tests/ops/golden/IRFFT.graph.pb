
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
8
c0/yIRFFTc0/x0c0/x1*
Tcomplex0*
Treal0
6
c1/x0Placeholder*
dtype0*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
8
c1/yIRFFTc1/x0c1/x1*
Tcomplex0*
Treal0
6
c2/x0Placeholder*
dtype0*
shape
:
2
c2/x1Placeholder*
dtype0*
shape:
8
c2/yIRFFTc2/x0c2/x1*
Tcomplex0*
Treal0
6
c3/x0Placeholder*
dtype0*
shape
:
2
c3/x1Placeholder*
dtype0*
shape:
8
c3/yIRFFTc3/x0c3/x1*
Tcomplex0*
Treal0
6
c4/x0Placeholder*
dtype0*
shape
:
2
c4/x1Placeholder*
dtype0*
shape:
8
c4/yIRFFTc4/x0c4/x1*
Tcomplex0*
Treal0
6
c5/x0Placeholder*
dtype0*
shape
:
2
c5/x1Placeholder*
dtype0*
shape:
8
c5/yIRFFTc5/x0c5/x1*
Tcomplex0*
Treal0
6
c6/x0Placeholder*
dtype0*
shape
:
2
c6/x1Placeholder*
dtype0*
shape:
8
c6/yIRFFTc6/x0c6/x1*
Tcomplex0*
Treal0
6
c7/x0Placeholder*
dtype0*
shape
:
2
c7/x1Placeholder*
dtype0*
shape:
8
c7/yIRFFTc7/x0c7/x1*
Tcomplex0*
Treal0"ª