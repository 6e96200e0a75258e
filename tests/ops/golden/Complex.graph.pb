
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
2
c0/yComplexc0/x0c0/x1*

Tout0*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
2
c1/yComplexc1/x0c1/x1*

Tout0*
T0"ª