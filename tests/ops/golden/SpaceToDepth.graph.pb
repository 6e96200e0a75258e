
>
c0/x0Placeholder*
dtype0*
shape:
M
c0/ySpaceToDepthc0/x0*
T0*

block_size*
data_formatNHWC
>
c1/x0Placeholder*
dtype0*
shape:
M
c1/ySpaceToDepthc1/x0*
T0*

block_size*
data_formatNHWC
>
c2/x0Placeholder*
dtype0*
shape:
M
c2/ySpaceToDepthc2/x0*
T0*

block_size*
data_formatNHWC
>
c3/x0Placeholder*
dtype0*
shape:
M
c3/ySpaceToDepthc3/x0*
T0*

block_size*
data_formatNHWC
>
c4/x0Placeholder*
dtype0*
shape:
M
c4/ySpaceToDepthc4/x0*
T0*

block_size*
data_formatNHWC
>
c5/x0Placeholder*
dtype0*
shape:
M
c5/ySpaceToDepthc5/x0*
T0*

block_size*
data_formatNHWC
>
c6/x0Placeholder*
dtype0*
shape:
M
c6/ySpaceToDepthc6/x0*
T0*

block_size*
data_formatNHWC
>
c7/x0Placeholder*
dtype0	*
shape:
M
c7/ySpaceToDepthc7/x0*
T0	*

block_size*
data_formatNHWC
>
c8/x0Placeholder*
dtype0*
shape:
M
c8/ySpaceToDepthc8/x0*
T0*

block_size*
data_formatNHWC
>
c9/x0Placeholder*
dtype0*
shape:
M
c9/ySpaceToDepthc9/x0*
T0*

block_size*
data_formatNHWC
?
c10/x0Placeholder*
dtype0*
shape:
O
c10/ySpaceToDepthc10/x0*
T0*

block_size*
data_formatNHWC
?
c11/x0Placeholder*
dtype0*
shape:
O
c11/ySpaceToDepthc11/x0*
T0*

block_size*
data_formatNHWC
?
c12/x0Placeholder*
dtype0*
shape:
O
c12/ySpaceToDepthc12/x0*
T0*

block_size*
data_formatNHWC
?
c13/x0Placeholder*
dtype0*
shape:
O
c13/ySpaceToDepthc13/x0*
T0*

block_size*
data_formatNHWC
?
c14/x0Placeholder*
dtype0
*
shape:
O
c14/ySpaceToDepthc14/x0*
T0
*

block_size*
data_formatNHWC
?
c15/x0Placeholder*
dtype0*
shape:
O
c15/ySpaceToDepthc15/x0*
T0*

block_size*
data_formatNHWC
1
c16/x0Placeholder*
dtype0*
shape:
O
c16/ySpaceToDepthc16/x0*
T0*

block_size*
data_formatNHWC
1
c17/x0Placeholder*
dtype0*
shape:
O
c17/ySpaceToDepthc17/x0*
T0*

block_size*
data_formatNHWC"ª