
2
c0/x0Placeholder*
dtype0*
shape:	
'
c0/yPopulationCountc0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:	
'
c1/yPopulationCountc1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:	
'
c2/yPopulationCountc2/x0*
T0
2
c3/x0Placeholder*
dtype0	*
shape:	
'
c3/yPopulationCountc3/x0*
T0	
2
c4/x0Placeholder*
dtype0*
shape:	
'
c4/yPopulationCountc4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:	
'
c5/yPopulationCountc5/x0*
T0
2
c6/x0Placeholder*
dtype0*
shape:	
'
c6/yPopulationCountc6/x0*
T0
2
c7/x0Placeholder*
dtype0*
shape:	
'
c7/yPopulationCountc7/x0*
T0"ª