
2
c0/x0Placeholder*
dtype0*
shape::

c0/yErfc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape::

c1/yErfc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:

c2/yErfc2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/yErfc3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/yErfc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:

c5/yErfc5/x0*
T0
2
c6/x0Placeholder*
dtype0*
shape:

c6/yErfc6/x0*
T0
2
c7/x0Placeholder*
dtype0*
shape:

c7/yErfc7/x0*
T0"ª