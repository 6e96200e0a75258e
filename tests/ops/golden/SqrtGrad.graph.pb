
2
c0/x0Placeholder*
dtype0*
shape:	
2
c0/x1Placeholder*
dtype0*
shape:	
'
c0/ySqrtGradc0/x0c0/x1*
T0
2
c1/x0Placeholder*
dtype0*
shape:	
2
c1/x1Placeholder*
dtype0*
shape:	
'
c1/ySqrtGradc1/x0c1/x1*
T0
2
c2/x0Placeholder*
dtype0*
shape:	
2
c2/x1Placeholder*
dtype0*
shape:	
'
c2/ySqrtGradc2/x0c2/x1*
T0
2
c3/x0Placeholder*
dtype0*
shape:	
2
c3/x1Placeholder*
dtype0*
shape:	
'
c3/ySqrtGradc3/x0c3/x1*
T0
2
c4/x0Placeholder*
dtype0*
shape:
2
c4/x1Placeholder*
dtype0*
shape:
'
c4/ySqrtGradc4/x0c4/x1*
T0
2
c5/x0Placeholder*
dtype0*
shape:
2
c5/x1Placeholder*
dtype0*
shape:
'
c5/ySqrtGradc5/x0c5/x1*
T0
2
c6/x0Placeholder*
dtype0*
shape:
2
c6/x1Placeholder*
dtype0*
shape:
'
c6/ySqrtGradc6/x0c6/x1*
T0"ª