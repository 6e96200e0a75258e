
2
c0/x0Placeholder*
dtype0*
shape:	
2
c0/x1Placeholder*
dtype0*
shape:	
(
c0/y	Relu6Gradc0/x0c0/x1*
T0
2
c1/x0Placeholder*
dtype0*
shape:	
2
c1/x1Placeholder*
dtype0*
shape:	
(
c1/y	Relu6Gradc1/x0c1/x1*
T0
2
c2/x0Placeholder*
dtype0*
shape:	
2
c2/x1Placeholder*
dtype0*
shape:	
(
c2/y	Relu6Gradc2/x0c2/x1*
T0
2
c3/x0Placeholder*
dtype0*
shape:	
2
c3/x1Placeholder*
dtype0*
shape:	
(
c3/y	Relu6Gradc3/x0c3/x1*
T0
6
c4/x0Placeholder*
dtype0*
shape
:
6
c4/x1Placeholder*
dtype0*
shape
:
(
c4/y	Relu6Gradc4/x0c4/x1*
T0
6
c5/x0Placeholder*
dtype0*
shape
:
6
c5/x1Placeholder*
dtype0*
shape
:
(
c5/y	Relu6Gradc5/x0c5/x1*
T0
6
c6/x0Placeholder*
dtype0*
shape
:
6
c6/x1Placeholder*
dtype0*
shape
:
(
c6/y	Relu6Gradc6/x0c6/x1*
T0
6
c7/x0Placeholder*
dtype0	*
shape
:
6
c7/x1Placeholder*
dtype0	*
shape
:
(
c7/y	Relu6Gradc7/x0c7/x1*
T0	
6
c8/x0Placeholder*
dtype0*
shape
:
6
c8/x1Placeholder*
dtype0*
shape
:
(
c8/y	Relu6Gradc8/x0c8/x1*
T0
6
c9/x0Placeholder*
dtype0*
shape
:
6
c9/x1Placeholder*
dtype0*
shape
:
(
c9/y	Relu6Gradc9/x0c9/x1*
T0
7
c10/x0Placeholder*
dtype0*
shape
:
7
c10/x1Placeholder*
dtype0*
shape
:
+
c10/y	Relu6Gradc10/x0c10/x1*
T0
7
c11/x0Placeholder*
dtype0*
shape
:
7
c11/x1Placeholder*
dtype0*
shape
:
+
c11/y	Relu6Gradc11/x0c11/x1*
T0
3
c12/x0Placeholder*
dtype0*
shape:
3
c12/x1Placeholder*
dtype0*
shape:
+
c12/y	Relu6Gradc12/x0c12/x1*
T0"ª