
2
c0/x0Placeholder*
dtype0*
shape:
(
c0/yRealc0/x0*

Tout0*
T0
2
c1/x0Placeholder*
dtype0*
shape:
(
c1/yRealc1/x0*

Tout0*
T0"ª