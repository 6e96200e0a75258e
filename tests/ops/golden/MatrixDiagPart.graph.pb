
:
c0/x0Placeholder*
dtype0*
shape:
&
c0/yMatrixDiagPartc0/x0*
T0
:
c1/x0Placeholder*
dtype0*
shape:
&
c1/yMatrixDiagPartc1/x0*
T0
:
c2/x0Placeholder*
dtype0*
shape:
&
c2/yMatrixDiagPartc2/x0*
T0
:
c3/x0Placeholder*
dtype0*
shape:
&
c3/yMatrixDiagPartc3/x0*
T0
:
c4/x0Placeholder*
dtype0*
shape:
&
c4/yMatrixDiagPartc4/x0*
T0
:
c5/x0Placeholder*
dtype0*
shape:
&
c5/yMatrixDiagPartc5/x0*
T0
:
c6/x0Placeholder*
dtype0*
shape:
&
c6/yMatrixDiagPartc6/x0*
T0
:
c7/x0Placeholder*
dtype0	*
shape:
&
c7/yMatrixDiagPartc7/x0*
T0	
:
c8/x0Placeholder*
dtype0*
shape:
&
c8/yMatrixDiagPartc8/x0*
T0
:
c9/x0Placeholder*
dtype0*
shape:
&
c9/yMatrixDiagPartc9/x0*
T0
;
c10/x0Placeholder*
dtype0*
shape:
(
c10/yMatrixDiagPartc10/x0*
T0
;
c11/x0Placeholder*
dtype0*
shape:
(
c11/yMatrixDiagPartc11/x0*
T0
;
c12/x0Placeholder*
dtype0*
shape:
(
c12/yMatrixDiagPartc12/x0*
T0
;
c13/x0Placeholder*
dtype0*
shape:
(
c13/yMatrixDiagPartc13/x0*
T0
;
c14/x0Placeholder*
dtype0
*
shape:
(
c14/yMatrixDiagPartc14/x0*
T0
"ª