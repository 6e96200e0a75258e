
2
c0/x0Placeholder*
dtype0*
shape:
8
c0/yStatelessRandomGetKeyCounterc0/x0*
Tseed0
2
c1/x0Placeholder*
dtype0	*
shape:
8
c1/yStatelessRandomGetKeyCounterc1/x0*
Tseed0	
0
c2/x0Placeholder*
dtype0*
shape:
8
c2/yStatelessRandomGetKeyCounterc2/x0*
Tseed0"ª