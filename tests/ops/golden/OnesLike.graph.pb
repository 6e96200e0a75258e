
6
c0/x0Placeholder*
dtype0*
shape
:
 
c0/yOnesLikec0/x0*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
 
c1/yOnesLikec1/x0*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
 
c2/yOnesLikec2/x0*
T0
6
c3/x0Placeholder*
dtype0*
shape
:
 
c3/yOnesLikec3/x0*
T0
6
c4/x0Placeholder*
dtype0*
shape
:
 
c4/yOnesLikec4/x0*
T0
6
c5/x0Placeholder*
dtype0*
shape
:
 
c5/yOnesLikec5/x0*
T0
6
c6/x0Placeholder*
dtype0*
shape
:
 
c6/yOnesLikec6/x0*
T0
6
c7/x0Placeholder*
dtype0	*
shape
:
 
c7/yOnesLikec7/x0*
T0	
6
c8/x0Placeholder*
dtype0*
shape
:
 
c8/yOnesLikec8/x0*
T0
6
c9/x0Placeholder*
dtype0*
shape
:
 
c9/yOnesLikec9/x0*
T0
7
c10/x0Placeholder*
dtype0*
shape
:
"
c10/yOnesLikec10/x0*
T0
7
c11/x0Placeholder*
dtype0*
shape
:
"
c11/yOnesLikec11/x0*
T0
7
c12/x0Placeholder*
dtype0*
shape
:
"
c12/yOnesLikec12/x0*
T0
7
c13/x0Placeholder*
dtype0*
shape
:
"
c13/yOnesLikec13/x0*
T0
7
c14/x0Placeholder*
dtype0
*
shape
:
"
c14/yOnesLikec14/x0*
T0
"ª