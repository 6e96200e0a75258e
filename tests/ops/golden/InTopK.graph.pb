
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
.
c0/yInTopKc0/x0c0/x1*
T0*
k
6
c1/x0Placeholder*
dtype0*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
.
c1/yInTopKc1/x0c1/x1*
T0*
k"ª