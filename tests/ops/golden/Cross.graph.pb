
6
c0/x0Placeholder*
dtype0*
shape
:
6
c0/x1Placeholder*
dtype0*
shape
:
$
c0/yCrossc0/x0c0/x1*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
6
c1/x1Placeholder*
dtype0*
shape
:
$
c1/yCrossc1/x0c1/x1*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
6
c2/x1Placeholder*
dtype0*
shape
:
$
c2/yCrossc2/x0c2/x1*
T0
6
c3/x0Placeholder*
dtype0*
shape
:
6
c3/x1Placeholder*
dtype0*
shape
:
$
c3/yCrossc3/x0c3/x1*
T0
6
c4/x0Placeholder*
dtype0*
shape
:
6
c4/x1Placeholder*
dtype0*
shape
:
$
c4/yCrossc4/x0c4/x1*
T0
6
c5/x0Placeholder*
dtype0*
shape
:
6
c5/x1Placeholder*
dtype0*
shape
:
$
c5/yCrossc5/x0c5/x1*
T0
6
c6/x0Placeholder*
dtype0*
shape
:
6
c6/x1Placeholder*
dtype0*
shape
:
$
c6/yCrossc6/x0c6/x1*
T0
6
c7/x0Placeholder*
dtype0	*
shape
:
6
c7/x1Placeholder*
dtype0	*
shape
:
$
c7/yCrossc7/x0c7/x1*
T0	
6
c8/x0Placeholder*
dtype0*
shape
:
6
c8/x1Placeholder*
dtype0*
shape
:
$
c8/yCrossc8/x0c8/x1*
T0
6
c9/x0Placeholder*
dtype0*
shape
:
6
c9/x1Placeholder*
dtype0*
shape
:
$
c9/yCrossc9/x0c9/x1*
T0
7
c10/x0Placeholder*
dtype0*
shape
:
7
c10/x1Placeholder*
dtype0*
shape
:
'
c10/yCrossc10/x0c10/x1*
T0
7
c11/x0Placeholder*
dtype0*
shape
:
7
c11/x1Placeholder*
dtype0*
shape
:
'
c11/yCrossc11/x0c11/x1*
T0
1
c12/x0Placeholder*
dtype0*
shape:
1
c12/x1Placeholder*
dtype0*
shape:
'
c12/yCrossc12/x0c12/x1*
T0"ª