
2
c0/x0Placeholder*
dtype0*
shape:
2
c0/x1Placeholder*
dtype0	*
shape:
V
c0/yStatelessRandomUniformFullIntc0/x0c0/x1*
Tseed0	*
T0*
dtype0
2
c1/x0Placeholder*
dtype0*
shape:
2
c1/x1Placeholder*
dtype0	*
shape:
V
c1/yStatelessRandomUniformFullIntc1/x0c1/x1*
Tseed0	*
T0*
dtype0	
2
c2/x0Placeholder*
dtype0*
shape:
2
c2/x1Placeholder*
dtype0	*
shape:
V
c2/yStatelessRandomUniformFullIntc2/x0c2/x1*
Tseed0	*
T0*
dtype0
2
c3/x0Placeholder*
dtype0*
shape:
2
c3/x1Placeholder*
dtype0	*
shape:
V
c3/yStatelessRandomUniformFullIntc3/x0c3/x1*
Tseed0	*
T0*
dtype0
0
c4/x0Placeholder*
dtype0*
shape:
0
c4/x1Placeholder*
dtype0*
shape:
V
c4/yStatelessRandomUniformFullIntc4/x0c4/x1*
Tseed0*
T0*
dtype0"ª