
2
c0/x0Placeholder*
dtype0*
shape:
+
c0/yStringLengthc0/x0*
unitBYTE
2
c1/x0Placeholder*
dtype0*
shape:
0
c1/yStringLengthc1/x0*
unit	UTF8_CHAR"ª