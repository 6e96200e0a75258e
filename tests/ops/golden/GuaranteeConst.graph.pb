
2
c0/x0Placeholder*
dtype0*
shape:
&
c0/yGuaranteeConstc0/x0*
T0"ª