
2
c0/x0Placeholder*
dtype0*
shape:

c0/yAcoshc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/yAcoshc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:

c2/yAcoshc2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/yAcoshc3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:

c4/yAcoshc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:

c5/yAcoshc5/x0*
T0
2
c6/x0Placeholder*
dtype0*
shape:

c6/yAcoshc6/x0*
T0
2
c7/x0Placeholder*
dtype0*
shape:

c7/yAcoshc7/x0*
T0
2
c8/x0Placeholder*
dtype0*
shape:

c8/yAcoshc8/x0*
T0
2
c9/x0Placeholder*
dtype0*
shape:

c9/yAcoshc9/x0*
T0
3
c10/x0Placeholder*
dtype0*
shape:

c10/yAcoshc10/x0*
T0"ª