
>
c0/x0Placeholder*
dtype0*
shape:
6
c0/x1Placeholder*
dtype0*
shape
:
>
c0/x2Placeholder*
dtype0*
shape:
p
c0/yFusedPadConv2Dc0/x0c0/x1c0/x2*
T0*
mode	REFLECT*
paddingVALID*
strides

>
c1/x0Placeholder*
dtype0*
shape:
6
c1/x1Placeholder*
dtype0*
shape
:
>
c1/x2Placeholder*
dtype0*
shape:
o
c1/yFusedPadConv2Dc1/x0c1/x1c1/x2*
T0*
mode	REFLECT*
paddingSAME*
strides

>
c2/x0Placeholder*
dtype0*
shape:
6
c2/x1Placeholder*
dtype0*
shape
:
>
c2/x2Placeholder*
dtype0*
shape:
r
c2/yFusedPadConv2Dc2/x0c2/x1c2/x2*
T0*
mode	SYMMETRIC*
paddingVALID*
strides

>
c3/x0Placeholder*
dtype0*
shape:
6
c3/x1Placeholder*
dtype0*
shape
:
>
c3/x2Placeholder*
dtype0*
shape:
q
c3/yFusedPadConv2Dc3/x0c3/x1c3/x2*
T0*
mode	SYMMETRIC*
paddingSAME*
strides

>
c4/x0Placeholder*
dtype0*
shape:
6
c4/x1Placeholder*
dtype0*
shape
:
>
c4/x2Placeholder*
dtype0*
shape:
p
c4/yFusedPadConv2Dc4/x0c4/x1c4/x2*
T0*
mode	REFLECT*
paddingVALID*
strides

>
c5/x0Placeholder*
dtype0*
shape:
6
c5/x1Placeholder*
dtype0*
shape
:
>
c5/x2Placeholder*
dtype0*
shape:
o
c5/yFusedPadConv2Dc5/x0c5/x1c5/x2*
T0*
mode	REFLECT*
paddingSAME*
strides

>
c6/x0Placeholder*
dtype0*
shape:
6
c6/x1Placeholder*
dtype0*
shape
:
>
c6/x2Placeholder*
dtype0*
shape:
r
c6/yFusedPadConv2Dc6/x0c6/x1c6/x2*
T0*
mode	SYMMETRIC*
paddingVALID*
strides

>
c7/x0Placeholder*
dtype0*
shape:
6
c7/x1Placeholder*
dtype0*
shape
:
>
c7/x2Placeholder*
dtype0*
shape:
q
c7/yFusedPadConv2Dc7/x0c7/x1c7/x2*
T0*
mode	SYMMETRIC*
paddingSAME*
strides

>
c8/x0Placeholder*
dtype0*
shape:
6
c8/x1Placeholder*
dtype0*
shape
:
>
c8/x2Placeholder*
dtype0*
shape:
p
c8/yFusedPadConv2Dc8/x0c8/x1c8/x2*
T0*
mode	REFLECT*
paddingVALID*
strides

>
c9/x0Placeholder*
dtype0*
shape:
6
c9/x1Placeholder*
dtype0*
shape
:
>
c9/x2Placeholder*
dtype0*
shape:
o
c9/yFusedPadConv2Dc9/x0c9/x1c9/x2*
T0*
mode	REFLECT*
paddingSAME*
strides

?
c10/x0Placeholder*
dtype0*
shape:
7
c10/x1Placeholder*
dtype0*
shape
:
?
c10/x2Placeholder*
dtype0*
shape:
v
c10/yFusedPadConv2Dc10/x0c10/x1c10/x2*
T0*
mode	SYMMETRIC*
paddingVALID*
strides

?
c11/x0Placeholder*
dtype0*
shape:
7
c11/x1Placeholder*
dtype0*
shape
:
?
c11/x2Placeholder*
dtype0*
shape:
u
c11/yFusedPadConv2Dc11/x0c11/x1c11/x2*
T0*
mode	SYMMETRIC*
paddingSAME*
strides

?
c12/x0Placeholder*
dtype0*
shape:
7
c12/x1Placeholder*
dtype0*
shape
:
?
c12/x2Placeholder*
dtype0*
shape:
t
c12/yFusedPadConv2Dc12/x0c12/x1c12/x2*
T0*
mode	REFLECT*
paddingVALID*
strides

?
c13/x0Placeholder*
dtype0*
shape:
7
c13/x1Placeholder*
dtype0*
shape
:
?
c13/x2Placeholder*
dtype0*
shape:
s
c13/yFusedPadConv2Dc13/x0c13/x1c13/x2*
T0*
mode	REFLECT*
paddingSAME*
strides

?
c14/x0Placeholder*
dtype0*
shape:
7
c14/x1Placeholder*
dtype0*
shape
:
?
c14/x2Placeholder*
dtype0*
shape:
v
c14/yFusedPadConv2Dc14/x0c14/x1c14/x2*
T0*
mode	SYMMETRIC*
paddingVALID*
strides

?
c15/x0Placeholder*
dtype0*
shape:
7
c15/x1Placeholder*
dtype0*
shape
:
?
c15/x2Placeholder*
dtype0*
shape:
u
c15/yFusedPadConv2Dc15/x0c15/x1c15/x2*
T0*
mode	SYMMETRIC*
paddingSAME*
strides
"ª