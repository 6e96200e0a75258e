
6
c0/x0Placeholder*
dtype0*
shape
:

c0/yInvertc0/x0*
T0
6
c1/x0Placeholder*
dtype0*
shape
:

c1/yInvertc1/x0*
T0
6
c2/x0Placeholder*
dtype0*
shape
:

c2/yInvertc2/x0*
T0
6
c3/x0Placeholder*
dtype0	*
shape
:

c3/yInvertc3/x0*
T0	
6
c4/x0Placeholder*
dtype0*
shape
:

c4/yInvertc4/x0*
T0
6
c5/x0Placeholder*
dtype0*
shape
:

c5/yInvertc5/x0*
T0
6
c6/x0Placeholder*
dtype0*
shape
:

c6/yInvertc6/x0*
T0
6
c7/x0Placeholder*
dtype0*
shape
:

c7/yInvertc7/x0*
T0"ª