
B
c0/x0Placeholder*
dtype0*
shape:
v
c0/y	AvgPool3Dc0/x0*
T0*
data_formatNDHWC*
ksize	
*
paddingSAME*
strides	

B
c1/x0Placeholder*
dtype0*
shape:
v
c1/y	AvgPool3Dc1/x0*
T0*
data_formatNDHWC*
ksize	
*
paddingSAME*
strides	

B
c2/x0Placeholder*
dtype0*
shape:
w
c2/y	AvgPool3Dc2/x0*
T0*
data_formatNDHWC*
ksize	
*
paddingVALID*
strides	
"ª