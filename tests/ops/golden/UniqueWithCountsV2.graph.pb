
2
c0/x0Placeholder*
dtype0*
shape:
2
c0/x1Placeholder*
dtype0*
shape:
M
c0/yUniqueWithCountsV2c0/x0c0/x1*
Taxis0*
T0*
out_idx0
2
c1/x0Placeholder*
dtype0*
shape:
2
c1/x1Placeholder*
dtype0*
shape:
M
c1/yUniqueWithCountsV2c1/x0c1/x1*
Taxis0*
T0*
out_idx0
2
c2/x0Placeholder*
dtype0*
shape:
2
c2/x1Placeholder*
dtype0*
shape:
M
c2/yUniqueWithCountsV2c2/x0c2/x1*
Taxis0*
T0*
out_idx0
2
c3/x0Placeholder*
dtype0*
shape:
2
c3/x1Placeholder*
dtype0*
shape:
M
c3/yUniqueWithCountsV2c3/x0c3/x1*
Taxis0*
T0*
out_idx0
6
c4/x0Placeholder*
dtype0*
shape
:
2
c4/x1Placeholder*
dtype0	*
shape:
M
c4/yUniqueWithCountsV2c4/x0c4/x1*
Taxis0	*
T0*
out_idx0"ª