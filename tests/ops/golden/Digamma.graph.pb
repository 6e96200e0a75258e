
2
c0/x0Placeholder*
dtype0*
shape:

c0/yDigammac0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/yDigammac1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:

c2/yDigammac2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/yDigammac3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/yDigammac4/x0*
T0"ª