
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
(
c0/y	LeftShiftc0/x0c0/x1*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
(
c1/y	LeftShiftc1/x0c1/x1*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
2
c2/x1Placeholder*
dtype0*
shape:
(
c2/y	LeftShiftc2/x0c2/x1*
T0
6
c3/x0Placeholder*
dtype0*
shape
:
2
c3/x1Placeholder*
dtype0*
shape:
(
c3/y	LeftShiftc3/x0c3/x1*
T0
6
c4/x0Placeholder*
dtype0*
shape
:
2
c4/x1Placeholder*
dtype0*
shape:
(
c4/y	LeftShiftc4/x0c4/x1*
T0
6
c5/x0Placeholder*
dtype0*
shape
:
2
c5/x1Placeholder*
dtype0*
shape:
(
c5/y	LeftShiftc5/x0c5/x1*
T0
6
c6/x0Placeholder*
dtype0	*
shape
:
2
c6/x1Placeholder*
dtype0	*
shape:
(
c6/y	LeftShiftc6/x0c6/x1*
T0	
6
c7/x0Placeholder*
dtype0	*
shape
:
2
c7/x1Placeholder*
dtype0	*
shape:
(
c7/y	LeftShiftc7/x0c7/x1*
T0	
6
c8/x0Placeholder*
dtype0*
shape
:
2
c8/x1Placeholder*
dtype0*
shape:
(
c8/y	LeftShiftc8/x0c8/x1*
T0
6
c9/x0Placeholder*
dtype0*
shape
:
2
c9/x1Placeholder*
dtype0*
shape:
(
c9/y	LeftShiftc9/x0c9/x1*
T0
7
c10/x0Placeholder*
dtype0*
shape
:
3
c10/x1Placeholder*
dtype0*
shape:
+
c10/y	LeftShiftc10/x0c10/x1*
T0
7
c11/x0Placeholder*
dtype0*
shape
:
3
c11/x1Placeholder*
dtype0*
shape:
+
c11/y	LeftShiftc11/x0c11/x1*
T0
7
c12/x0Placeholder*
dtype0*
shape
:
3
c12/x1Placeholder*
dtype0*
shape:
+
c12/y	LeftShiftc12/x0c12/x1*
T0
7
c13/x0Placeholder*
dtype0*
shape
:
3
c13/x1Placeholder*
dtype0*
shape:
+
c13/y	LeftShiftc13/x0c13/x1*
T0
7
c14/x0Placeholder*
dtype0*
shape
:
3
c14/x1Placeholder*
dtype0*
shape:
+
c14/y	LeftShiftc14/x0c14/x1*
T0
7
c15/x0Placeholder*
dtype0*
shape
:
3
c15/x1Placeholder*
dtype0*
shape:
+
c15/y	LeftShiftc15/x0c15/x1*
T0
3
c16/x0Placeholder*
dtype0*
shape:
3
c16/x1Placeholder*
dtype0*
shape:
+
c16/y	LeftShiftc16/x0c16/x1*
T0"ª