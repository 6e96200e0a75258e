
6
c0/x0Placeholder*
dtype0*
shape
:
6
c0/x1Placeholder*
dtype0*
shape
:
6
c0/x2Placeholder*
dtype0*
shape
:
Q
c0/yAccumulateNV2c0/x0c0/x1c0/x2*
N*
T0*
shape
:
6
c1/x0Placeholder*
dtype0*
shape
:
6
c1/x1Placeholder*
dtype0*
shape
:
6
c1/x2Placeholder*
dtype0*
shape
:
Q
c1/yAccumulateNV2c1/x0c1/x1c1/x2*
N*
T0*
shape
:
6
c2/x0Placeholder*
dtype0*
shape
:
6
c2/x1Placeholder*
dtype0*
shape
:
6
c2/x2Placeholder*
dtype0*
shape
:
Q
c2/yAccumulateNV2c2/x0c2/x1c2/x2*
N*
T0*
shape
:
6
c3/x0Placeholder*
dtype0*
shape
:
6
c3/x1Placeholder*
dtype0*
shape
:
6
c3/x2Placeholder*
dtype0*
shape
:
Q
c3/yAccumulateNV2c3/x0c3/x1c3/x2*
N*
T0*
shape
:
6
c4/x0Placeholder*
dtype0*
shape
:
6
c4/x1Placeholder*
dtype0*
shape
:
6
c4/x2Placeholder*
dtype0*
shape
:
Q
c4/yAccumulateNV2c4/x0c4/x1c4/x2*
N*
T0*
shape
:
6
c5/x0Placeholder*
dtype0	*
shape
:
6
c5/x1Placeholder*
dtype0	*
shape
:
6
c5/x2Placeholder*
dtype0	*
shape
:
Q
c5/yAccumulateNV2c5/x0c5/x1c5/x2*
N*
T0	*
shape
:
6
c6/x0Placeholder*
dtype0*
shape
:
6
c6/x1Placeholder*
dtype0*
shape
:
6
c6/x2Placeholder*
dtype0*
shape
:
Q
c6/yAccumulateNV2c6/x0c6/x1c6/x2*
N*
T0*
shape
:
6
c7/x0Placeholder*
dtype0*
shape
:
6
c7/x1Placeholder*
dtype0*
shape
:
6
c7/x2Placeholder*
dtype0*
shape
:
Q
c7/yAccumulateNV2c7/x0c7/x1c7/x2*
N*
T0*
shape
:
6
c8/x0Placeholder*
dtype0*
shape
:
6
c8/x1Placeholder*
dtype0*
shape
:
6
c8/x2Placeholder*
dtype0*
shape
:
Q
c8/yAccumulateNV2c8/x0c8/x1c8/x2*
N*
T0*
shape
:
6
c9/x0Placeholder*
dtype0*
shape
:
6
c9/x1Placeholder*
dtype0*
shape
:
6
c9/x2Placeholder*
dtype0*
shape
:
Q
c9/yAccumulateNV2c9/x0c9/x1c9/x2*
N*
T0*
shape
:
7
c10/x0Placeholder*
dtype0*
shape
:
7
c10/x1Placeholder*
dtype0*
shape
:
7
c10/x2Placeholder*
dtype0*
shape
:
U
c10/yAccumulateNV2c10/x0c10/x1c10/x2*
N*
T0*
shape
:
7
c11/x0Placeholder*
dtype0*
shape
:
7
c11/x1Placeholder*
dtype0*
shape
:
7
c11/x2Placeholder*
dtype0*
shape
:
U
c11/yAccumulateNV2c11/x0c11/x1c11/x2*
N*
T0*
shape
:"ª