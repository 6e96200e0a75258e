
2
c0/x0Placeholder*
dtype0*
shape:

c0/yDecodeBase64c0/x0
0
c1/x0Placeholder*
dtype0*
shape:

c1/yDecodeBase64c1/x0
0
c2/x0Placeholder*
dtype0*
shape:

c2/yDecodeBase64c2/x0
0
c3/x0Placeholder*
dtype0*
shape:

c3/yDecodeBase64c3/x0
0
c4/x0Placeholder*
dtype0*
shape:

c4/yDecodeBase64c4/x0
0
c5/x0Placeholder*
dtype0*
shape:

c5/yDecodeBase64c5/x0
0
c6/x0Placeholder*
dtype0*
shape:

c6/yDecodeBase64c6/x0
0
c7/x0Placeholder*
dtype0*
shape:

c7/yDecodeBase64c7/x0
0
c8/x0Placeholder*
dtype0*
shape:

c8/yDecodeBase64c8/x0
0
c9/x0Placeholder*
dtype0*
shape:

c9/yDecodeBase64c9/x0
1
c10/x0Placeholder*
dtype0*
shape:

c10/yDecodeBase64c10/x0"ª