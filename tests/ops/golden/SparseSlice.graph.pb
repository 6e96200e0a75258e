
6
c0/x0Placeholder*
dtype0	*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
2
c0/x2Placeholder*
dtype0	*
shape:
2
c0/x3Placeholder*
dtype0	*
shape:
2
c0/x4Placeholder*
dtype0	*
shape:
?
c0/ySparseSlicec0/x0c0/x1c0/x2c0/x3c0/x4*
T0
6
c1/x0Placeholder*
dtype0	*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
2
c1/x2Placeholder*
dtype0	*
shape:
2
c1/x3Placeholder*
dtype0	*
shape:
2
c1/x4Placeholder*
dtype0	*
shape:
?
c1/ySparseSlicec1/x0c1/x1c1/x2c1/x3c1/x4*
T0
6
c2/x0Placeholder*
dtype0	*
shape
:
2
c2/x1Placeholder*
dtype0*
shape:
2
c2/x2Placeholder*
dtype0	*
shape:
2
c2/x3Placeholder*
dtype0	*
shape:
2
c2/x4Placeholder*
dtype0	*
shape:
?
c2/ySparseSlicec2/x0c2/x1c2/x2c2/x3c2/x4*
T0
6
c3/x0Placeholder*
dtype0	*
shape
:
2
c3/x1Placeholder*
dtype0*
shape:
2
c3/x2Placeholder*
dtype0	*
shape:
2
c3/x3Placeholder*
dtype0	*
shape:
2
c3/x4Placeholder*
dtype0	*
shape:
?
c3/ySparseSlicec3/x0c3/x1c3/x2c3/x3c3/x4*
T0"ª