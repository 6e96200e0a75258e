
2
c0/x0Placeholder*
dtype0*
shape:	
2
c0/x1Placeholder*
dtype0*
shape:	
&
c0/yInvGradc0/x0c0/x1*
T0
2
c1/x0Placeholder*
dtype0*
shape:	
2
c1/x1Placeholder*
dtype0*
shape:	
&
c1/yInvGradc1/x0c1/x1*
T0
2
c2/x0Placeholder*
dtype0*
shape:	
2
c2/x1Placeholder*
dtype0*
shape:	
&
c2/yInvGradc2/x0c2/x1*
T0
2
c3/x0Placeholder*
dtype0*
shape:	
2
c3/x1Placeholder*
dtype0*
shape:	
&
c3/yInvGradc3/x0c3/x1*
T0
2
c4/x0Placeholder*
dtype0*
shape:
2
c4/x1Placeholder*
dtype0*
shape:
&
c4/yInvGradc4/x0c4/x1*
T0
2
c5/x0Placeholder*
dtype0*
shape:
2
c5/x1Placeholder*
dtype0*
shape:
&
c5/yInvGradc5/x0c5/x1*
T0"ª