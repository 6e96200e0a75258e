
2
c0/x0Placeholder*
dtype0*
shape:	
2
c0/x1Placeholder*
dtype0*
shape:	
&
c0/yEluGradc0/x0c0/x1*
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
c1/yEluGradc1/x0c1/x1*
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
c2/yEluGradc2/x0c2/x1*
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
c3/yEluGradc3/x0c3/x1*
T0"ª