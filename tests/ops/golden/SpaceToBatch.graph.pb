
>
c0/x0Placeholder*
dtype0*
shape:
6
c0/x1Placeholder*
dtype0*
shape
:
N
c0/ySpaceToBatchc0/x0c0/x1*
	Tpaddings0*
T0*

block_size"ª