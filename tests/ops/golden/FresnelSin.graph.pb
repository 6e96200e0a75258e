
2
c0/x0Placeholder*
dtype0*
shape:
"
c0/y
FresnelSinc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:
"
c1/y
FresnelSinc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:
"
c2/y
FresnelSinc2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:1
"
c3/y
FresnelSinc3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:
"
c4/y
FresnelSinc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:
"
c5/y
FresnelSinc5/x0*
T0
2
c6/x0Placeholder*
dtype0*
shape:
"
c6/y
FresnelSinc6/x0*
T0
2
c7/x0Placeholder*
dtype0*
shape:1
"
c7/y
FresnelSinc7/x0*
T0"ª