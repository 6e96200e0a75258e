
6
c0/x0Placeholder*
dtype0*
shape
:
 
c0/yHSVToRGBc0/x0*
T0
6
c1/x0Placeholder*
dtype0*
shape
:
 
c1/yHSVToRGBc1/x0*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
 
c2/yHSVToRGBc2/x0*
T0
6
c3/x0Placeholder*
dtype0*
shape
:
 
c3/yHSVToRGBc3/x0*
T0"ª