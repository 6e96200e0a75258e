
6
c0/x0Placeholder*
dtype0*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
2
c0/x2Placeholder*
dtype0*
shape:
5
c0/yMatrixSetDiagV2c0/x0c0/x1c0/x2*
T0"ª