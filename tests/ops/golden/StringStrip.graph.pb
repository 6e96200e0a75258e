
2
c0/x0Placeholder*
dtype0*
shape:

c0/yStringStripc0/x0"ª