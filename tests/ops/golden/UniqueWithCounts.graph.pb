
2
c0/x0Placeholder*
dtype0*
shape:	
7
c0/yUniqueWithCountsc0/x0*
T0*
out_idx0	
2
c1/x0Placeholder*
dtype0*
shape:	
7
c1/yUniqueWithCountsc1/x0*
T0*
out_idx0	
2
c2/x0Placeholder*
dtype0*
shape:	
7
c2/yUniqueWithCountsc2/x0*
T0*
out_idx0	
2
c3/x0Placeholder*
dtype0*
shape:	
7
c3/yUniqueWithCountsc3/x0*
T0*
out_idx0	
2
c4/x0Placeholder*
dtype0*
shape:	
7
c4/yUniqueWithCountsc4/x0*
T0*
out_idx0	
2
c5/x0Placeholder*
dtype0*
shape:	
7
c5/yUniqueWithCountsc5/x0*
T0*
out_idx0	
2
c6/x0Placeholder*
dtype0*
shape:	
7
c6/yUniqueWithCountsc6/x0*
T0*
out_idx0	
2
c7/x0Placeholder*
dtype0	*
shape:	
7
c7/yUniqueWithCountsc7/x0*
T0	*
out_idx0	
2
c8/x0Placeholder*
dtype0*
shape:	
7
c8/yUniqueWithCountsc8/x0*
T0*
out_idx0	
2
c9/x0Placeholder*
dtype0*
shape:	
7
c9/yUniqueWithCountsc9/x0*
T0*
out_idx0	
3
c10/x0Placeholder*
dtype0*
shape:	
9
c10/yUniqueWithCountsc10/x0*
T0*
out_idx0	
3
c11/x0Placeholder*
dtype0*
shape:	
9
c11/yUniqueWithCountsc11/x0*
T0*
out_idx0	
3
c12/x0Placeholder*
dtype0*
shape:	
9
c12/yUniqueWithCountsc12/x0*
T0*
out_idx0	
3
c13/x0Placeholder*
dtype0*
shape:
9
c13/yUniqueWithCountsc13/x0*
T0*
out_idx0
3
c14/x0Placeholder*
dtype0*
shape:
9
c14/yUniqueWithCountsc14/x0*
T0*
out_idx0
3
c15/x0Placeholder*
dtype0*
shape:
9
c15/yUniqueWithCountsc15/x0*
T0*
out_idx0
3
c16/x0Placeholder*
dtype0*
shape:
9
c16/yUniqueWithCountsc16/x0*
T0*
out_idx0"ª