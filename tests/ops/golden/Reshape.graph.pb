
6
c0/x0Placeholder*
dtype0*
shape
:
<
c0/x1Const*
dtype0*
valueB:
ÿÿÿÿÿÿÿÿÿ
4
c0/yReshapec0/x0c0/x1*
Tshape0*
T0
0
c1/x0Placeholder*
dtype0*
shape:
0
c1/x1Placeholder*
dtype0*
shape:
4
c1/yReshapec1/x0c1/x1*
Tshape0*
T0"ª