
6
c0/x0Placeholder*
dtype0*
shape
:

c0/yRoundc0/x0*
T0
6
c1/x0Placeholder*
dtype0	*
shape
:

c1/yRoundc1/x0*
T0	"ª