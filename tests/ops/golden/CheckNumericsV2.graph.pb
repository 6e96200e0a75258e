
2
c0/x0Placeholder*
dtype0*
shape:
7
c0/yCheckNumericsV2c0/x0*
T0*
messagem
2
c1/x0Placeholder*
dtype0*
shape:
7
c1/yCheckNumericsV2c1/x0*
T0*
messagem
2
c2/x0Placeholder*
dtype0*
shape:
7
c2/yCheckNumericsV2c2/x0*
T0*
messagem
2
c3/x0Placeholder*
dtype0*
shape:
7
c3/yCheckNumericsV2c3/x0*
T0*
messagem
0
c4/x0Placeholder*
dtype0*
shape:
7
c4/yCheckNumericsV2c4/x0*
T0*
messagem
0
c5/x0Placeholder*
dtype0*
shape:
7
c5/yCheckNumericsV2c5/x0*
T0*
messagem
0
c6/x0Placeholder*
dtype0*
shape:
7
c6/yCheckNumericsV2c6/x0*
T0*
messagem
0
c7/x0Placeholder*
dtype0*
shape:
7
c7/yCheckNumericsV2c7/x0*
T0*
messagem"ª