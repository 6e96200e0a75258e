
2
c0/x0Placeholder*
dtype0*
shape:

c0/yAsinhc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/yAsinhc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:

c2/yAsinhc2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/yAsinhc3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/yAsinhc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:

c5/yAsinhc5/x0*
T0
2
c6/x0Placeholder*
dtype0*
shape:

c6/yAsinhc6/x0*
T0
2
c7/x0Placeholder*
dtype0*
shape:

c7/yAsinhc7/x0*
T0
2
c8/x0Placeholder*
dtype0*
shape:

c8/yAsinhc8/x0*
T0
2
c9/x0Placeholder*
dtype0*
shape:

c9/yAsinhc9/x0*
T0
3
c10/x0Placeholder*
dtype0*
shape:

c10/yAsinhc10/x0*
T0"ª