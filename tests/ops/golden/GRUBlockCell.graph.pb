
6
c0/x0Placeholder*
dtype0*
shape
:
6
c0/x1Placeholder*
dtype0*
shape
:
6
c0/x2Placeholder*
dtype0*
shape
:
6
c0/x3Placeholder*
dtype0*
shape
:
2
c0/x4Placeholder*
dtype0*
shape:
2
c0/x5Placeholder*
dtype0*
shape:
G
c0/yGRUBlockCellc0/x0c0/x1c0/x2c0/x3c0/x4c0/x5*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
6
c1/x1Placeholder*
dtype0*
shape
:
6
c1/x2Placeholder*
dtype0*
shape
:
6
c1/x3Placeholder*
dtype0*
shape
:
2
c1/x4Placeholder*
dtype0*
shape:
2
c1/x5Placeholder*
dtype0*
shape:
G
c1/yGRUBlockCellc1/x0c1/x1c1/x2c1/x3c1/x4c1/x5*
T0
0
c2/x0Placeholder*
dtype0*
shape:
0
c2/x1Placeholder*
dtype0*
shape:
0
c2/x2Placeholder*
dtype0*
shape:
0
c2/x3Placeholder*
dtype0*
shape:
0
c2/x4Placeholder*
dtype0*
shape:
0
c2/x5Placeholder*
dtype0*
shape:
G
c2/yGRUBlockCellc2/x0c2/x1c2/x2c2/x3c2/x4c2/x5*
T0"ª