
2
c0/x0Placeholder*
dtype0*
shape:
;
c0/yStatelessRandomGetKeyCounterAlgc0/x0*
Tseed0
2
c1/x0Placeholder*
dtype0	*
shape:
;
c1/yStatelessRandomGetKeyCounterAlgc1/x0*
Tseed0	"ª