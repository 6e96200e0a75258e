
2
c0/x0Placeholder*
dtype0*
shape:

c0/yExpintc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/yExpintc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:


c2/yExpintc2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/yExpintc3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/yExpintc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:


c5/yExpintc5/x0*
T0"ª