
6
c0/x0Placeholder*
dtype0*
shape
:
"
c0/yFFTc0/x0*
Tcomplex0
6
c1/x0Placeholder*
dtype0*
shape
:
"
c1/yFFTc1/x0*
Tcomplex0
6
c2/x0Placeholder*
dtype0*
shape
:
"
c2/yFFTc2/x0*
Tcomplex0
6
c3/x0Placeholder*
dtype0*
shape
:
"
c3/yFFTc3/x0*
Tcomplex0
6
c4/x0Placeholder*
dtype0*
shape
:
"
c4/yFFTc4/x0*
Tcomplex0
6
c5/x0Placeholder*
dtype0*
shape
:
"
c5/yFFTc5/x0*
Tcomplex0
6
c6/x0Placeholder*
dtype0*
shape
:
"
c6/yFFTc6/x0*
Tcomplex0
6
c7/x0Placeholder*
dtype0*
shape
:
"
c7/yFFTc7/x0*
Tcomplex0
6
c8/x0Placeholder*
dtype0*
shape
:
"
c8/yFFTc8/x0*
Tcomplex0
6
c9/x0Placeholder*
dtype0*
shape
:
"
c9/yFFTc9/x0*
Tcomplex0
7
c10/x0Placeholder*
dtype0*
shape
:
$
c10/yFFTc10/x0*
Tcomplex0
7
c11/x0Placeholder*
dtype0*
shape
:
$
c11/yFFTc11/x0*
Tcomplex0"ª