
>
c0/x0Placeholder*
dtype0*
shape:
 
c0/yDiagPartc0/x0*
T0
>
c1/x0Placeholder*
dtype0*
shape:
 
c1/yDiagPartc1/x0*
T0
>
c2/x0Placeholder*
dtype0*
shape:
 
c2/yDiagPartc2/x0*
T0
>
c3/x0Placeholder*
dtype0	*
shape:
 
c3/yDiagPartc3/x0*
T0	
>
c4/x0Placeholder*
dtype0*
shape:
 
c4/yDiagPartc4/x0*
T0
0
c5/x0Placeholder*
dtype0*
shape:
 
c5/yDiagPartc5/x0*
T0"ª