
:
c0/x0Placeholder*
dtype0*
shape:
2
c0/x1Placeholder*
dtype0*
shape:
6
c0/x2Placeholder*
dtype0*
shape
:
V
c0/yBatchToSpaceNDc0/x0c0/x1c0/x2*
Tblock_shape0*
Tcrops0*
T0
:
c1/x0Placeholder*
dtype0*
shape:
2
c1/x1Placeholder*
dtype0*
shape:
6
c1/x2Placeholder*
dtype0*
shape
:
V
c1/yBatchToSpaceNDc1/x0c1/x1c1/x2*
Tblock_shape0*
Tcrops0*
T0
:
c2/x0Placeholder*
dtype0*
shape:
2
c2/x1Placeholder*
dtype0*
shape:
6
c2/x2Placeholder*
dtype0*
shape
:
V
c2/yBatchToSpaceNDc2/x0c2/x1c2/x2*
Tblock_shape0*
Tcrops0*
T0
:
c3/x0Placeholder*
dtype0*
shape:
2
c3/x1Placeholder*
dtype0*
shape:
6
c3/x2Placeholder*
dtype0*
shape
:
V
c3/yBatchToSpaceNDc3/x0c3/x1c3/x2*
Tblock_shape0*
Tcrops0*
T0
:
c4/x0Placeholder*
dtype0*
shape:
2
c4/x1Placeholder*
dtype0*
shape:
6
c4/x2Placeholder*
dtype0*
shape
:
V
c4/yBatchToSpaceNDc4/x0c4/x1c4/x2*
Tblock_shape0*
Tcrops0*
T0
:
c5/x0Placeholder*
dtype0*
shape:
2
c5/x1Placeholder*
dtype0*
shape:
6
c5/x2Placeholder*
dtype0*
shape
:
V
c5/yBatchToSpaceNDc5/x0c5/x1c5/x2*
Tblock_shape0*
Tcrops0*
T0
:
c6/x0Placeholder*
dtype0*
shape:
2
c6/x1Placeholder*
dtype0*
shape:
6
c6/x2Placeholder*
dtype0*
shape
:
V
c6/yBatchToSpaceNDc6/x0c6/x1c6/x2*
Tblock_shape0*
Tcrops0*
T0
:
c7/x0Placeholder*
dtype0	*
shape:
2
c7/x1Placeholder*
dtype0*
shape:
6
c7/x2Placeholder*
dtype0*
shape
:
V
c7/yBatchToSpaceNDc7/x0c7/x1c7/x2*
Tblock_shape0*
Tcrops0*
T0	
:
c8/x0Placeholder*
dtype0*
shape:
2
c8/x1Placeholder*
dtype0*
shape:
6
c8/x2Placeholder*
dtype0*
shape
:
V
c8/yBatchToSpaceNDc8/x0c8/x1c8/x2*
Tblock_shape0*
Tcrops0*
T0
:
c9/x0Placeholder*
dtype0*
shape:
2
c9/x1Placeholder*
dtype0*
shape:
6
c9/x2Placeholder*
dtype0*
shape
:
V
c9/yBatchToSpaceNDc9/x0c9/x1c9/x2*
Tblock_shape0*
Tcrops0*
T0
;
c10/x0Placeholder*
dtype0*
shape:
3
c10/x1Placeholder*
dtype0*
shape:
7
c10/x2Placeholder*
dtype0*
shape
:
Z
c10/yBatchToSpaceNDc10/x0c10/x1c10/x2*
Tblock_shape0*
Tcrops0*
T0
;
c11/x0Placeholder*
dtype0*
shape:
3
c11/x1Placeholder*
dtype0*
shape:
7
c11/x2Placeholder*
dtype0*
shape
:
Z
c11/yBatchToSpaceNDc11/x0c11/x1c11/x2*
Tblock_shape0*
Tcrops0*
T0
?
c12/x0Placeholder*
dtype0*
shape:
3
c12/x1Placeholder*
dtype0	*
shape:
7
c12/x2Placeholder*
dtype0	*
shape
:
Z
c12/yBatchToSpaceNDc12/x0c12/x1c12/x2*
Tblock_shape0	*
Tcrops0	*
T0
7
c13/x0Placeholder*
dtype0*
shape
:
3
c13/x1Placeholder*
dtype0*
shape:
7
c13/x2Placeholder*
dtype0*
shape
:
Z
c13/yBatchToSpaceNDc13/x0c13/x1c13/x2*
Tblock_shape0*
Tcrops0*
T0
7
c14/x0Placeholder*
dtype0*
shape
:
3
c14/x1Placeholder*
dtype0*
shape:
7
c14/x2Placeholder*
dtype0*
shape
:
Z
c14/yBatchToSpaceNDc14/x0c14/x1c14/x2*
Tblock_shape0*
Tcrops0*
T0
7
c15/x0Placeholder*
dtype0*
shape
:
3
c15/x1Placeholder*
dtype0*
shape:
7
c15/x2Placeholder*
dtype0*
shape
:
Z
c15/yBatchToSpaceNDc15/x0c15/x1c15/x2*
Tblock_shape0*
Tcrops0*
T0"ª