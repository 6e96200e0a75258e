
2
c0/x0Placeholder*
dtype0*
shape:	
2
c0/x1Placeholder*
dtype0*
shape:	
+
c0/ySoftplusGradc0/x0c0/x1*
T0
2
c1/x0Placeholder*
dtype0*
shape:	
2
c1/x1Placeholder*
dtype0*
shape:	
+
c1/ySoftplusGradc1/x0c1/x1*
T0
2
c2/x0Placeholder*
dtype0*
shape:	
2
c2/x1Placeholder*
dtype0*
shape:	
+
c2/ySoftplusGradc2/x0c2/x1*
T0
2
c3/x0Placeholder*
dtype0*
shape:	
2
c3/x1Placeholder*
dtype0*
shape:	
+
c3/ySoftplusGradc3/x0c3/x1*
T0"ª