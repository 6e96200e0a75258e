
>
c0/x0Placeholder*
dtype0*
shape:
6
c0/x1Placeholder*
dtype0*
shape
:
I
c0/yBatchToSpacec0/x0c0/x1*

Tidx0*
T0*

block_size
0
c1/x0Placeholder*
dtype0*
shape:
0
c1/x1Placeholder*
dtype0*
shape:
I
c1/yBatchToSpacec1/x0c1/x1*

Tidx0*
T0*

block_size"ª