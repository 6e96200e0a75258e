
2
c0/x0Placeholder*
dtype0*
shape:


c0/yLgammac0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:

c1/yLgammac1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:


c2/yLgammac2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:

c3/yLgammac3/x0*
T0
2
c4/x0Placeholder*
dtype0*
shape:


c4/yLgammac4/x0*
T0
2
c5/x0Placeholder*
dtype0*
shape:

c5/yLgammac5/x0*
T0"ª