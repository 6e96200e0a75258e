
6
c0/x0Placeholder*
dtype0*
shape
:
5
c0/yCheckNumericsc0/x0*
T0*
messagem
6
c1/x0Placeholder*
dtype0*
shape
:
5
c1/yCheckNumericsc1/x0*
T0*
messagem
6
c2/x0Placeholder*
dtype0*
shape
:
5
c2/yCheckNumericsc2/x0*
T0*
messagem
6
c3/x0Placeholder*
dtype0*
shape
:
5
c3/yCheckNumericsc3/x0*
T0*
messagem
0
c4/x0Placeholder*
dtype0*
shape:
5
c4/yCheckNumericsc4/x0*
T0*
messagem
0
c5/x0Placeholder*
dtype0*
shape:
5
c5/yCheckNumericsc5/x0*
T0*
messagem
0
c6/x0Placeholder*
dtype0*
shape:
5
c6/yCheckNumericsc6/x0*
T0*
messagem
0
c7/x0Placeholder*
dtype0*
shape:
5
c7/yCheckNumericsc7/x0*
T0*
messagem
0
c8/x0Placeholder*
dtype0*
shape:
5
c8/yCheckNumericsc8/x0*
T0*
messagem
0
c9/x0Placeholder*
dtype0*
shape:
5
c9/yCheckNumericsc9/x0*
T0*
messagem
1
c10/x0Placeholder*
dtype0*
shape:
7
c10/yCheckNumericsc10/x0*
T0*
messagem
1
c11/x0Placeholder*
dtype0*
shape:
7
c11/yCheckNumericsc11/x0*
T0*
messagem"ª