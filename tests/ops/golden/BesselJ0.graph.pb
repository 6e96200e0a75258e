
2
c0/x0Placeholder*
dtype0*
shape:
 
c0/yBesselJ0c0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:
 
c1/yBesselJ0c1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:
 
c2/yBesselJ0c2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:
 
c3/yBesselJ0c3/x0*
T0"ª