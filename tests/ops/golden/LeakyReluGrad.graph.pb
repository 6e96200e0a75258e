
2
c0/x0Placeholder*
dtype0*
shape:	
2
c0/x1Placeholder*
dtype0*
shape:	
<
c0/yLeakyReluGradc0/x0c0/x1*
T0*
alpha%ÍÌL>
2
c1/x0Placeholder*
dtype0*
shape:	
2
c1/x1Placeholder*
dtype0*
shape:	
<
c1/yLeakyReluGradc1/x0c1/x1*
T0*
alpha%ÍÌL>
2
c2/x0Placeholder*
dtype0*
shape:	
2
c2/x1Placeholder*
dtype0*
shape:	
<
c2/yLeakyReluGradc2/x0c2/x1*
T0*
alpha%ÍÌL>
2
c3/x0Placeholder*
dtype0*
shape:	
2
c3/x1Placeholder*
dtype0*
shape:	
<
c3/yLeakyReluGradc3/x0c3/x1*
T0*
alpha%ÍÌL>
6
c4/x0Placeholder*
dtype0*
shape
:
6
c4/x1Placeholder*
dtype0*
shape
:
<
c4/yLeakyReluGradc4/x0c4/x1*
T0*
alpha%ÍÌL="ª