
2
c0/x0Placeholder*
dtype0*
shape:
2
c0/x1Placeholder*
dtype0*
shape:
D
c0/yEqualc0/x0c0/x1*
T0*
incompatible_shape_error(
2
c1/x0Placeholder*
dtype0*
shape:
2
c1/x1Placeholder*
dtype0*
shape:
D
c1/yEqualc1/x0c1/x1*
T0*
incompatible_shape_error(
2
c2/x0Placeholder*
dtype0*
shape:
2
c2/x1Placeholder*
dtype0*
shape:
D
c2/yEqualc2/x0c2/x1*
T0*
incompatible_shape_error(
2
c3/x0Placeholder*
dtype0*
shape:
2
c3/x1Placeholder*
dtype0*
shape:
D
c3/yEqualc3/x0c3/x1*
T0*
incompatible_shape_error(
2
c4/x0Placeholder*
dtype0*
shape:
2
c4/x1Placeholder*
dtype0*
shape:
D
c4/yEqualc4/x0c4/x1*
T0*
incompatible_shape_error("ª