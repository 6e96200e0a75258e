
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
%
c0/yIgammac0/x0c0/x1*
T0
2
c1/x0Placeholder*
dtype0*
shape:
2
c1/x1Placeholder*
dtype0*
shape:
%
c1/yIgammac1/x0c1/x1*
T0
6
c2/x0Placeholder*
dtype0*
shape
:
2
c2/x1Placeholder*
dtype0*
shape:
%
c2/yIgammac2/x0c2/x1*
T0
2
c3/x0Placeholder*
dtype0*
shape:
2
c3/x1Placeholder*
dtype0*
shape:
%
c3/yIgammac3/x0c3/x1*
T0"ª