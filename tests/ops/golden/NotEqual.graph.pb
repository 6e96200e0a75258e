
2
c0/x0Placeholder*
dtype0*
shape:
2
c0/x1Placeholder*
dtype0*
shape:
G
c0/yNotEqualc0/x0c0/x1*
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
G
c1/yNotEqualc1/x0c1/x1*
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
G
c2/yNotEqualc2/x0c2/x1*
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
G
c3/yNotEqualc3/x0c3/x1*
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
G
c4/yNotEqualc4/x0c4/x1*
T0*
incompatible_shape_error("ª