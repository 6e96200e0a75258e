
2
c0/x0Placeholder*
dtype0*
shape:

c0/yDawsnc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/yDawsnc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:

c2/yDawsnc2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:1

c3/yDawsnc3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/yDawsnc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:

c5/yDawsnc5/x0*
T0
2
c6/x0Placeholder*
dtype0*
shape:

c6/yDawsnc6/x0*
T0
2
c7/x0Placeholder*
dtype0*
shape:1

c7/yDawsnc7/x0*
T0"ª