
:
c0/x0Placeholder*
dtype0*
shape:
1
c0/yLuc0/x0*
T0*
output_idx_type0
:
c1/x0Placeholder*
dtype0*
shape:
1
c1/yLuc1/x0*
T0*
output_idx_type0	
:
c2/x0Placeholder*
dtype0*
shape:
1
c2/yLuc2/x0*
T0*
output_idx_type0
:
c3/x0Placeholder*
dtype0*
shape:
1
c3/yLuc3/x0*
T0*
output_idx_type0	
:
c4/x0Placeholder*
dtype0*
shape:
1
c4/yLuc4/x0*
T0*
output_idx_type0
:
c5/x0Placeholder*
dtype0*
shape:
1
c5/yLuc5/x0*
T0*
output_idx_type0	
:
c6/x0Placeholder*
dtype0*
shape:
1
c6/yLuc6/x0*
T0*
output_idx_type0
:
c7/x0Placeholder*
dtype0*
shape:
1
c7/yLuc7/x0*
T0*
output_idx_type0	
0
c8/x0Placeholder*
dtype0*
shape:
1
c8/yLuc8/x0*
T0*
output_idx_type0"ª