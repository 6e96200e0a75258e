
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0	*
shape:
M
c0/yUniqueWithCountsV2c0/x0c0/x1*
Taxis0	*
T0*
out_idx0"ª