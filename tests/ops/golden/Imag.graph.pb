
2
c0/x0Placeholder*
dtype0*
shape:
(
c0/yImagc0/x0*

Tout0*
T0
2
c1/x0Placeholder*
dtype0*
shape:
(
c1/yImagc1/x0*

Tout0*
T0"ª