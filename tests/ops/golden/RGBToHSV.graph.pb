
6
c0/x0Placeholder*
dtype0*
shape
:
 
c0/yRGBToHSVc0/x0*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
 
c1/yRGBToHSVc1/x0*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
 
c2/yRGBToHSVc2/x0*
T0
6
c3/x0Placeholder*
dtype0*
shape
:
 
c3/yRGBToHSVc3/x0*
T0
0
c4/x0Placeholder*
dtype0*
shape:
 
c4/yRGBToHSVc4/x0*
T0"ª