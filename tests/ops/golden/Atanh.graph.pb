
2
c0/x0Placeholder*
dtype0*
shape:

c0/yAtanhc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/yAtanhc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:

c2/yAtanhc2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/yAtanhc3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/yAtanhc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:

c5/yAtanhc5/x0*
T0
2
c6/x0Placeholder*
dtype0*
shape:

c6/yAtanhc6/x0*
T0
2
c7/x0Placeholder*
dtype0*
shape:

c7/yAtanhc7/x0*
T0
2
c8/x0Placeholder*
dtype0*
shape:

c8/yAtanhc8/x0*
T0
2
c9/x0Placeholder*
dtype0*
shape:

c9/yAtanhc9/x0*
T0
3
c10/x0Placeholder*
dtype0*
shape:

c10/yAtanhc10/x0*
T0"ª