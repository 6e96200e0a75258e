
>
c0/x0Placeholder*
dtype0*
shape:
>
c0/x1Placeholder*
dtype0*
shape:
2
c0/x2Placeholder*
dtype0*
shape:
í
c0/y_FusedDepthwiseConv2dNativec0/x0c0/x1c0/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
	BiasAdd*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

>
c1/x0Placeholder*
dtype0*
shape:
>
c1/x1Placeholder*
dtype0*
shape:
2
c1/x2Placeholder*
dtype0*
shape:
î
c1/y_FusedDepthwiseConv2dNativec1/x0c1/x1c1/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
	BiasAdd*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

>
c2/x0Placeholder*
dtype0*
shape:
>
c2/x1Placeholder*
dtype0*
shape:
2
c2/x2Placeholder*
dtype0*
shape:
ó
c2/y_FusedDepthwiseConv2dNativec2/x0c2/x1c2/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

>
c3/x0Placeholder*
dtype0*
shape:
>
c3/x1Placeholder*
dtype0*
shape:
2
c3/x2Placeholder*
dtype0*
shape:
ô
c3/y_FusedDepthwiseConv2dNativec3/x0c3/x1c3/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

>
c4/x0Placeholder*
dtype0*
shape:
>
c4/x1Placeholder*
dtype0*
shape:
2
c4/x2Placeholder*
dtype0*
shape:
ô
c4/y_FusedDepthwiseConv2dNativec4/x0c4/x1c4/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu6*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

>
c5/x0Placeholder*
dtype0*
shape:
>
c5/x1Placeholder*
dtype0*
shape:
2
c5/x2Placeholder*
dtype0*
shape:
õ
c5/y_FusedDepthwiseConv2dNativec5/x0c5/x1c5/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu6*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

>
c6/x0Placeholder*
dtype0*
shape:
>
c6/x1Placeholder*
dtype0*
shape:
2
c6/x2Placeholder*
dtype0*
shape:
ò
c6/y_FusedDepthwiseConv2dNativec6/x0c6/x1c6/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddElu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

>
c7/x0Placeholder*
dtype0*
shape:
>
c7/x1Placeholder*
dtype0*
shape:
2
c7/x2Placeholder*
dtype0*
shape:
ó
c7/y_FusedDepthwiseConv2dNativec7/x0c7/x1c7/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddElu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

>
c8/x0Placeholder*
dtype0*
shape:
>
c8/x1Placeholder*
dtype0*
shape:
2
c8/x2Placeholder*
dtype0*
shape:
í
c8/y_FusedDepthwiseConv2dNativec8/x0c8/x1c8/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
	BiasAdd*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

>
c9/x0Placeholder*
dtype0*
shape:
>
c9/x1Placeholder*
dtype0*
shape:
2
c9/x2Placeholder*
dtype0*
shape:
î
c9/y_FusedDepthwiseConv2dNativec9/x0c9/x1c9/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
	BiasAdd*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

?
c10/x0Placeholder*
dtype0*
shape:
?
c10/x1Placeholder*
dtype0*
shape:
3
c10/x2Placeholder*
dtype0*
shape:
÷
c10/y_FusedDepthwiseConv2dNativec10/x0c10/x1c10/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

?
c11/x0Placeholder*
dtype0*
shape:
?
c11/x1Placeholder*
dtype0*
shape:
3
c11/x2Placeholder*
dtype0*
shape:
ø
c11/y_FusedDepthwiseConv2dNativec11/x0c11/x1c11/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

?
c12/x0Placeholder*
dtype0*
shape:
?
c12/x1Placeholder*
dtype0*
shape:
3
c12/x2Placeholder*
dtype0*
shape:
ø
c12/y_FusedDepthwiseConv2dNativec12/x0c12/x1c12/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu6*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

?
c13/x0Placeholder*
dtype0*
shape:
?
c13/x1Placeholder*
dtype0*
shape:
3
c13/x2Placeholder*
dtype0*
shape:
ù
c13/y_FusedDepthwiseConv2dNativec13/x0c13/x1c13/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu6*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

?
c14/x0Placeholder*
dtype0*
shape:
?
c14/x1Placeholder*
dtype0*
shape:
3
c14/x2Placeholder*
dtype0*
shape:
ö
c14/y_FusedDepthwiseConv2dNativec14/x0c14/x1c14/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddElu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

?
c15/x0Placeholder*
dtype0*
shape:
?
c15/x1Placeholder*
dtype0*
shape:
3
c15/x2Placeholder*
dtype0*
shape:
÷
c15/y_FusedDepthwiseConv2dNativec15/x0c15/x1c15/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddElu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

?
c16/x0Placeholder*
dtype0*
shape:
?
c16/x1Placeholder*
dtype0*
shape:
3
c16/x2Placeholder*
dtype0*
shape:
ñ
c16/y_FusedDepthwiseConv2dNativec16/x0c16/x1c16/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
	BiasAdd*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

?
c17/x0Placeholder*
dtype0*
shape:
?
c17/x1Placeholder*
dtype0*
shape:
3
c17/x2Placeholder*
dtype0*
shape:
ò
c17/y_FusedDepthwiseConv2dNativec17/x0c17/x1c17/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
	BiasAdd*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

?
c18/x0Placeholder*
dtype0*
shape:
?
c18/x1Placeholder*
dtype0*
shape:
3
c18/x2Placeholder*
dtype0*
shape:
÷
c18/y_FusedDepthwiseConv2dNativec18/x0c18/x1c18/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

?
c19/x0Placeholder*
dtype0*
shape:
?
c19/x1Placeholder*
dtype0*
shape:
3
c19/x2Placeholder*
dtype0*
shape:
ø
c19/y_FusedDepthwiseConv2dNativec19/x0c19/x1c19/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

?
c20/x0Placeholder*
dtype0*
shape:
?
c20/x1Placeholder*
dtype0*
shape:
3
c20/x2Placeholder*
dtype0*
shape:
ø
c20/y_FusedDepthwiseConv2dNativec20/x0c20/x1c20/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu6*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

?
c21/x0Placeholder*
dtype0*
shape:
?
c21/x1Placeholder*
dtype0*
shape:
3
c21/x2Placeholder*
dtype0*
shape:
ù
c21/y_FusedDepthwiseConv2dNativec21/x0c21/x1c21/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddRelu6*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides

?
c22/x0Placeholder*
dtype0*
shape:
?
c22/x1Placeholder*
dtype0*
shape:
3
c22/x2Placeholder*
dtype0*
shape:
ö
c22/y_FusedDepthwiseConv2dNativec22/x0c22/x1c22/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddElu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingSAME*
strides

?
c23/x0Placeholder*
dtype0*
shape:
?
c23/x1Placeholder*
dtype0*
shape:
3
c23/x2Placeholder*
dtype0*
shape:
÷
c23/y_FusedDepthwiseConv2dNativec23/x0c23/x1c23/x2*
T0*
data_formatNHWC*
	dilations
*
epsilon%·Ñ8*
	fused_ops
BiasAddElu*
leakyrelu_alpha%ÍÌL>*
num_args*
paddingVALID*
strides
"ª