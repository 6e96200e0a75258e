
6
c0/x0Placeholder*
dtype0*
shape
:
6
c0/x1Placeholder*
dtype0*
shape
:
9
c0/y
LowerBoundc0/x0c0/x1*
T0*
out_type0
6
c1/x0Placeholder*
dtype0*
shape
:
6
c1/x1Placeholder*
dtype0*
shape
:
9
c1/y
LowerBoundc1/x0c1/x1*
T0*
out_type0	
6
c2/x0Placeholder*
dtype0*
shape
:
6
c2/x1Placeholder*
dtype0*
shape
:
9
c2/y
LowerBoundc2/x0c2/x1*
T0*
out_type0
6
c3/x0Placeholder*
dtype0*
shape
:
6
c3/x1Placeholder*
dtype0*
shape
:
9
c3/y
LowerBoundc3/x0c3/x1*
T0*
out_type0	
6
c4/x0Placeholder*
dtype0*
shape
:
6
c4/x1Placeholder*
dtype0*
shape
:
9
c4/y
LowerBoundc4/x0c4/x1*
T0*
out_type0
6
c5/x0Placeholder*
dtype0*
shape
:
6
c5/x1Placeholder*
dtype0*
shape
:
9
c5/y
LowerBoundc5/x0c5/x1*
T0*
out_type0	
6
c6/x0Placeholder*
dtype0	*
shape
:
6
c6/x1Placeholder*
dtype0	*
shape
:
9
c6/y
LowerBoundc6/x0c6/x1*
T0	*
out_type0
6
c7/x0Placeholder*
dtype0	*
shape
:
6
c7/x1Placeholder*
dtype0	*
shape
:
9
c7/y
LowerBoundc7/x0c7/x1*
T0	*
out_type0	
6
c8/x0Placeholder*
dtype0*
shape
:
6
c8/x1Placeholder*
dtype0*
shape
:
9
c8/y
LowerBoundc8/x0c8/x1*
T0*
out_type0
6
c9/x0Placeholder*
dtype0*
shape
:
6
c9/x1Placeholder*
dtype0*
shape
:
9
c9/y
LowerBoundc9/x0c9/x1*
T0*
out_type0	
7
c10/x0Placeholder*
dtype0*
shape
:
7
c10/x1Placeholder*
dtype0*
shape
:
<
c10/y
LowerBoundc10/x0c10/x1*
T0*
out_type0
7
c11/x0Placeholder*
dtype0*
shape
:
7
c11/x1Placeholder*
dtype0*
shape
:
<
c11/y
LowerBoundc11/x0c11/x1*
T0*
out_type0	"ª