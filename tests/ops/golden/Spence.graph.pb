
2
c0/x0Placeholder*
dtype0*
shape:

c0/ySpencec0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/ySpencec1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:

c2/ySpencec2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/ySpencec3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/ySpencec4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:

c5/ySpencec5/x0*
T0"ª