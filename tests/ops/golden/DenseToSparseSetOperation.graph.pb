
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
6
c0/x2Placeholder*
dtype0	*
shape
:
2
c0/x3Placeholder*
dtype0	*
shape:
v
c0/yDenseToSparseSetOperationc0/x0c0/x2c0/x1c0/x3*
T0*
set_operationa-b*
validate_indices(
6
c1/x0Placeholder*
dtype0*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
6
c1/x2Placeholder*
dtype0	*
shape
:
2
c1/x3Placeholder*
dtype0	*
shape:
v
c1/yDenseToSparseSetOperationc1/x0c1/x2c1/x1c1/x3*
T0*
set_operationb-a*
validate_indices(
6
c2/x0Placeholder*
dtype0*
shape
:
2
c2/x1Placeholder*
dtype0*
shape:
6
c2/x2Placeholder*
dtype0	*
shape
:
2
c2/x3Placeholder*
dtype0	*
shape:

c2/yDenseToSparseSetOperationc2/x0c2/x2c2/x1c2/x3*
T0*
set_operationintersection*
validate_indices(
6
c3/x0Placeholder*
dtype0*
shape
:
2
c3/x1Placeholder*
dtype0*
shape:
6
c3/x2Placeholder*
dtype0	*
shape
:
2
c3/x3Placeholder*
dtype0	*
shape:
x
c3/yDenseToSparseSetOperationc3/x0c3/x2c3/x1c3/x3*
T0*
set_operationUNION*
validate_indices(
0
c4/x0Placeholder*
dtype0*
shape:
0
c4/x1Placeholder*
dtype0	*
shape:
0
c4/x2Placeholder*
dtype0*
shape:
0
c4/x3Placeholder*
dtype0	*
shape:
x
c4/yDenseToSparseSetOperationc4/x0c4/x1c4/x2c4/x3*
T0*
set_operationunion*
validate_indices(
0
c5/x0Placeholder*
dtype0*
shape:
0
c5/x1Placeholder*
dtype0	*
shape:
0
c5/x2Placeholder*
dtype0*
shape:
0
c5/x3Placeholder*
dtype0	*
shape:
x
c5/yDenseToSparseSetOperationc5/x0c5/x1c5/x2c5/x3*
T0*
set_operationunion*
validate_indices(
0
c6/x0Placeholder*
dtype0*
shape:
0
c6/x1Placeholder*
dtype0	*
shape:
0
c6/x2Placeholder*
dtype0*
shape:
0
c6/x3Placeholder*
dtype0	*
shape:
x
c6/yDenseToSparseSetOperationc6/x0c6/x1c6/x2c6/x3*
T0*
set_operationunion*
validate_indices(
0
c7/x0Placeholder*
dtype0*
shape:
0
c7/x1Placeholder*
dtype0	*
shape:
0
c7/x2Placeholder*
dtype0*
shape:
0
c7/x3Placeholder*
dtype0	*
shape:
x
c7/yDenseToSparseSetOperationc7/x0c7/x1c7/x2c7/x3*
T0*
set_operationunion*
validate_indices("ª