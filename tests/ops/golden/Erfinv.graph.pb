
2
c0/x0Placeholder*
dtype0*
shape:	

c0/yErfinvc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:	

c1/yErfinvc1/x0*
T0"ª