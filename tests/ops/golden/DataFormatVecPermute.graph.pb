
2
c0/x0Placeholder*
dtype0*
shape:
X
c0/yDataFormatVecPermutec0/x0*
T0*

dst_formatNCHW*

src_formatNHWC
6
c1/x0Placeholder*
dtype0*
shape
:
X
c1/yDataFormatVecPermutec1/x0*
T0*

dst_formatNHWC*

src_formatNCHW
2
c2/x0Placeholder*
dtype0*
shape:
X
c2/yDataFormatVecPermutec2/x0*
T0*

dst_formatNCHW*

src_formatNHWC
2
c3/x0Placeholder*
dtype0	*
shape:
X
c3/yDataFormatVecPermutec3/x0*
T0	*

dst_formatNCHW*

src_formatNHWC
6
c4/x0Placeholder*
dtype0	*
shape
:
X
c4/yDataFormatVecPermutec4/x0*
T0	*

dst_formatNHWC*

src_formatNCHW
2
c5/x0Placeholder*
dtype0	*
shape:
X
c5/yDataFormatVecPermutec5/x0*
T0	*

dst_formatNCHW*

src_formatNHWC"ª