
6
c0/x0Placeholder*
dtype0	*
shape
:
2
c0/x1Placeholder*
dtype0*
shape:
2
c0/x2Placeholder*
dtype0	*
shape:
3
c0/ySparseReorderc0/x0c0/x1c0/x2*
T0
6
c1/x0Placeholder*
dtype0	*
shape
:
2
c1/x1Placeholder*
dtype0*
shape:
2
c1/x2Placeholder*
dtype0	*
shape:
3
c1/ySparseReorderc1/x0c1/x1c1/x2*
T0
6
c2/x0Placeholder*
dtype0	*
shape
:
2
c2/x1Placeholder*
dtype0*
shape:
2
c2/x2Placeholder*
dtype0	*
shape:
3
c2/ySparseReorderc2/x0c2/x1c2/x2*
T0
6
c3/x0Placeholder*
dtype0	*
shape
:
2
c3/x1Placeholder*
dtype0*
shape:
2
c3/x2Placeholder*
dtype0	*
shape:
3
c3/ySparseReorderc3/x0c3/x1c3/x2*
T0
6
c4/x0Placeholder*
dtype0	*
shape
:
2
c4/x1Placeholder*
dtype0*
shape:
2
c4/x2Placeholder*
dtype0	*
shape:
3
c4/ySparseReorderc4/x0c4/x1c4/x2*
T0
6
c5/x0Placeholder*
dtype0	*
shape
:
2
c5/x1Placeholder*
dtype0*
shape:
2
c5/x2Placeholder*
dtype0	*
shape:
3
c5/ySparseReorderc5/x0c5/x1c5/x2*
T0
6
c6/x0Placeholder*
dtype0	*
shape
:
2
c6/x1Placeholder*
dtype0*
shape:
2
c6/x2Placeholder*
dtype0	*
shape:
3
c6/ySparseReorderc6/x0c6/x1c6/x2*
T0
6
c7/x0Placeholder*
dtype0	*
shape
:
2
c7/x1Placeholder*
dtype0	*
shape:
2
c7/x2Placeholder*
dtype0	*
shape:
3
c7/ySparseReorderc7/x0c7/x1c7/x2*
T0	
6
c8/x0Placeholder*
dtype0	*
shape
:
2
c8/x1Placeholder*
dtype0*
shape:
2
c8/x2Placeholder*
dtype0	*
shape:
3
c8/ySparseReorderc8/x0c8/x1c8/x2*
T0
6
c9/x0Placeholder*
dtype0	*
shape
:
2
c9/x1Placeholder*
dtype0*
shape:
2
c9/x2Placeholder*
dtype0	*
shape:
3
c9/ySparseReorderc9/x0c9/x1c9/x2*
T0
7
c10/x0Placeholder*
dtype0	*
shape
:
3
c10/x1Placeholder*
dtype0*
shape:
3
c10/x2Placeholder*
dtype0	*
shape:
7
c10/ySparseReorderc10/x0c10/x1c10/x2*
T0
7
c11/x0Placeholder*
dtype0	*
shape
:
3
c11/x1Placeholder*
dtype0*
shape:
3
c11/x2Placeholder*
dtype0	*
shape:
7
c11/ySparseReorderc11/x0c11/x1c11/x2*
T0
7
c12/x0Placeholder*
dtype0	*
shape
:
3
c12/x1Placeholder*
dtype0*
shape:
3
c12/x2Placeholder*
dtype0	*
shape:
7
c12/ySparseReorderc12/x0c12/x1c12/x2*
T0
7
c13/x0Placeholder*
dtype0	*
shape
:
3
c13/x1Placeholder*
dtype0*
shape:
3
c13/x2Placeholder*
dtype0	*
shape:
7
c13/ySparseReorderc13/x0c13/x1c13/x2*
T0
7
c14/x0Placeholder*
dtype0	*
shape
:
3
c14/x1Placeholder*
dtype0
*
shape:
3
c14/x2Placeholder*
dtype0	*
shape:
7
c14/ySparseReorderc14/x0c14/x1c14/x2*
T0
"ª