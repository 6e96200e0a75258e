
6
c0/x0Placeholder*
dtype0*
shape
:
!
c0/y	ZerosLikec0/x0*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
!
c1/y	ZerosLikec1/x0*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
!
c2/y	ZerosLikec2/x0*
T0
6
c3/x0Placeholder*
dtype0*
shape
:
!
c3/y	ZerosLikec3/x0*
T0
6
c4/x0Placeholder*
dtype0*
shape
:
!
c4/y	ZerosLikec4/x0*
T0
6
c5/x0Placeholder*
dtype0*
shape
:
!
c5/y	ZerosLikec5/x0*
T0
6
c6/x0Placeholder*
dtype0*
shape
:
!
c6/y	ZerosLikec6/x0*
T0
6
c7/x0Placeholder*
dtype0	*
shape
:
!
c7/y	ZerosLikec7/x0*
T0	
6
c8/x0Placeholder*
dtype0*
shape
:
!
c8/y	ZerosLikec8/x0*
T0
6
c9/x0Placeholder*
dtype0*
shape
:
!
c9/y	ZerosLikec9/x0*
T0
7
c10/x0Placeholder*
dtype0*
shape
:
#
c10/y	ZerosLikec10/x0*
T0
7
c11/x0Placeholder*
dtype0*
shape
:
#
c11/y	ZerosLikec11/x0*
T0
7
c12/x0Placeholder*
dtype0*
shape
:
#
c12/y	ZerosLikec12/x0*
T0
7
c13/x0Placeholder*
dtype0*
shape
:
#
c13/y	ZerosLikec13/x0*
T0
7
c14/x0Placeholder*
dtype0
*
shape
:
#
c14/y	ZerosLikec14/x0*
T0

3
c15/x0Placeholder*
dtype0*
shape:
#
c15/y	ZerosLikec15/x0*
T0"ª