
:
c0/x0Placeholder*
dtype0*
shape:
6
c0/x1Placeholder*
dtype0*
shape
:
,
c0/yMatrixSetDiagc0/x0c0/x1*
T0
:
c1/x0Placeholder*
dtype0*
shape:
6
c1/x1Placeholder*
dtype0*
shape
:
,
c1/yMatrixSetDiagc1/x0c1/x1*
T0
:
c2/x0Placeholder*
dtype0*
shape:
6
c2/x1Placeholder*
dtype0*
shape
:
,
c2/yMatrixSetDiagc2/x0c2/x1*
T0
:
c3/x0Placeholder*
dtype0*
shape:
6
c3/x1Placeholder*
dtype0*
shape
:
,
c3/yMatrixSetDiagc3/x0c3/x1*
T0
:
c4/x0Placeholder*
dtype0*
shape:
6
c4/x1Placeholder*
dtype0*
shape
:
,
c4/yMatrixSetDiagc4/x0c4/x1*
T0
:
c5/x0Placeholder*
dtype0*
shape:
6
c5/x1Placeholder*
dtype0*
shape
:
,
c5/yMatrixSetDiagc5/x0c5/x1*
T0
:
c6/x0Placeholder*
dtype0*
shape:
6
c6/x1Placeholder*
dtype0*
shape
:
,
c6/yMatrixSetDiagc6/x0c6/x1*
T0
:
c7/x0Placeholder*
dtype0	*
shape:
6
c7/x1Placeholder*
dtype0	*
shape
:
,
c7/yMatrixSetDiagc7/x0c7/x1*
T0	
:
c8/x0Placeholder*
dtype0*
shape:
6
c8/x1Placeholder*
dtype0*
shape
:
,
c8/yMatrixSetDiagc8/x0c8/x1*
T0
:
c9/x0Placeholder*
dtype0*
shape:
6
c9/x1Placeholder*
dtype0*
shape
:
,
c9/yMatrixSetDiagc9/x0c9/x1*
T0
;
c10/x0Placeholder*
dtype0*
shape:
7
c10/x1Placeholder*
dtype0*
shape
:
/
c10/yMatrixSetDiagc10/x0c10/x1*
T0
;
c11/x0Placeholder*
dtype0*
shape:
7
c11/x1Placeholder*
dtype0*
shape
:
/
c11/yMatrixSetDiagc11/x0c11/x1*
T0
;
c12/x0Placeholder*
dtype0*
shape:
7
c12/x1Placeholder*
dtype0*
shape
:
/
c12/yMatrixSetDiagc12/x0c12/x1*
T0
;
c13/x0Placeholder*
dtype0*
shape:
7
c13/x1Placeholder*
dtype0*
shape
:
/
c13/yMatrixSetDiagc13/x0c13/x1*
T0
;
c14/x0Placeholder*
dtype0
*
shape:
7
c14/x1Placeholder*
dtype0
*
shape
:
/
c14/yMatrixSetDiagc14/x0c14/x1*
T0
"ª