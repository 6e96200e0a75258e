
6
c0/x0Placeholder*
dtype0*
shape
:
"
c0/y
MatrixDiagc0/x0*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
"
c1/y
MatrixDiagc1/x0*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
"
c2/y
MatrixDiagc2/x0*
T0
6
c3/x0Placeholder*
dtype0*
shape
:
"
c3/y
MatrixDiagc3/x0*
T0
6
c4/x0Placeholder*
dtype0*
shape
:
"
c4/y
MatrixDiagc4/x0*
T0
6
c5/x0Placeholder*
dtype0*
shape
:
"
c5/y
MatrixDiagc5/x0*
T0
6
c6/x0Placeholder*
dtype0*
shape
:
"
c6/y
MatrixDiagc6/x0*
T0
6
c7/x0Placeholder*
dtype0	*
shape
:
"
c7/y
MatrixDiagc7/x0*
T0	
6
c8/x0Placeholder*
dtype0*
shape
:
"
c8/y
MatrixDiagc8/x0*
T0
6
c9/x0Placeholder*
dtype0*
shape
:
"
c9/y
MatrixDiagc9/x0*
T0
7
c10/x0Placeholder*
dtype0*
shape
:
$
c10/y
MatrixDiagc10/x0*
T0
7
c11/x0Placeholder*
dtype0*
shape
:
$
c11/y
MatrixDiagc11/x0*
T0
7
c12/x0Placeholder*
dtype0*
shape
:
$
c12/y
MatrixDiagc12/x0*
T0
7
c13/x0Placeholder*
dtype0*
shape
:
$
c13/y
MatrixDiagc13/x0*
T0
7
c14/x0Placeholder*
dtype0
*
shape
:
$
c14/y
MatrixDiagc14/x0*
T0
"ª