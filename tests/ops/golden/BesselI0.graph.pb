
2
c0/x0Placeholder*
dtype0*
shape:
 
c0/yBesselI0c0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:
 
c1/yBesselI0c1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:
 
c2/yBesselI0c2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:
 
c3/yBesselI0c3/x0*
T0"ª