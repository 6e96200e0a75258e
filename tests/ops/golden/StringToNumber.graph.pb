
2
c0/x0Placeholder*
dtype0*
shape:
-
c0/yStringToNumberc0/x0*
out_type0
2
c1/x0Placeholder*
dtype0*
shape:
-
c1/yStringToNumberc1/x0*
out_type0
2
c2/x0Placeholder*
dtype0*
shape:
-
c2/yStringToNumberc2/x0*
out_type0
2
c3/x0Placeholder*
dtype0*
shape:
-
c3/yStringToNumberc3/x0*
out_type0	
2
c4/x0Placeholder*
dtype0*
shape:
-
c4/yStringToNumberc4/x0*
out_type0
2
c5/x0Placeholder*
dtype0*
shape:
-
c5/yStringToNumberc5/x0*
out_type0
2
c6/x0Placeholder*
dtype0*
shape:
-
c6/yStringToNumberc6/x0*
out_type0
2
c7/x0Placeholder*
dtype0*
shape:
-
c7/yStringToNumberc7/x0*
out_type0
2
c8/x0Placeholder*
dtype0*
shape:
-
c8/yStringToNumberc8/x0*
out_type0
2
c9/x0Placeholder*
dtype0*
shape:
-
c9/yStringToNumberc9/x0*
out_type0
3
c10/x0Placeholder*
dtype0*
shape:
/
c10/yStringToNumberc10/x0*
out_type0	
3
c11/x0Placeholder*
dtype0*
shape:
/
c11/yStringToNumberc11/x0*
out_type0
1
c12/x0Placeholder*
dtype0*
shape:
/
c12/yStringToNumberc12/x0*
out_type0
1
c13/x0Placeholder*
dtype0*
shape:
/
c13/yStringToNumberc13/x0*
out_type0
1
c14/x0Placeholder*
dtype0*
shape:
/
c14/yStringToNumberc14/x0*
out_type0
1
c15/x0Placeholder*
dtype0*
shape:
/
c15/yStringToNumberc15/x0*
out_type0
1
c16/x0Placeholder*
dtype0*
shape:
/
c16/yStringToNumberc16/x0*
out_type0
1
c17/x0Placeholder*
dtype0*
shape:
/
c17/yStringToNumberc17/x0*
out_type0
1
c18/x0Placeholder*
dtype0*
shape:
/
c18/yStringToNumberc18/x0*
out_type0
1
c19/x0Placeholder*
dtype0*
shape:
/
c19/yStringToNumberc19/x0*
out_type0
1
c20/x0Placeholder*
dtype0*
shape:
/
c20/yStringToNumberc20/x0*
out_type0
1
c21/x0Placeholder*
dtype0*
shape:
/
c21/yStringToNumberc21/x0*
out_type0
1
c22/x0Placeholder*
dtype0*
shape:
/
c22/yStringToNumberc22/x0*
out_type0
1
c23/x0Placeholder*
dtype0*
shape:
/
c23/yStringToNumberc23/x0*
out_type0
1
c24/x0Placeholder*
dtype0*
shape:
/
c24/yStringToNumberc24/x0*
out_type0
1
c25/x0Placeholder*
dtype0*
shape:
/
c25/yStringToNumberc25/x0*
out_type0
1
c26/x0Placeholder*
dtype0*
shape:
/
c26/yStringToNumberc26/x0*
out_type0
1
c27/x0Placeholder*
dtype0*
shape:
/
c27/yStringToNumberc27/x0*
out_type0
1
c28/x0Placeholder*
dtype0*
shape:
/
c28/yStringToNumberc28/x0*
out_type0
1
c29/x0Placeholder*
dtype0*
shape:
/
c29/yStringToNumberc29/x0*
out_type0
1
c30/x0Placeholder*
dtype0*
shape:
/
c30/yStringToNumberc30/x0*
out_type0
1
c31/x0Placeholder*
dtype0*
shape:
/
c31/yStringToNumberc31/x0*
out_type0
1
c32/x0Placeholder*
dtype0*
shape:
/
c32/yStringToNumberc32/x0*
out_type0
1
c33/x0Placeholder*
dtype0*
shape:
/
c33/yStringToNumberc33/x0*
out_type0
1
c34/x0Placeholder*
dtype0*
shape:
/
c34/yStringToNumberc34/x0*
out_type0
1
c35/x0Placeholder*
dtype0*
shape:
/
c35/yStringToNumberc35/x0*
out_type0
1
c36/x0Placeholder*
dtype0*
shape:
/
c36/yStringToNumberc36/x0*
out_type0
1
c37/x0Placeholder*
dtype0*
shape:
/
c37/yStringToNumberc37/x0*
out_type0
1
c38/x0Placeholder*
dtype0*
shape:
/
c38/yStringToNumberc38/x0*
out_type0
1
c39/x0Placeholder*
dtype0*
shape:
/
c39/yStringToNumberc39/x0*
out_type0	
1
c40/x0Placeholder*
dtype0*
shape:
/
c40/yStringToNumberc40/x0*
out_type0	
1
c41/x0Placeholder*
dtype0*
shape:
/
c41/yStringToNumberc41/x0*
out_type0	
1
c42/x0Placeholder*
dtype0*
shape:
/
c42/yStringToNumberc42/x0*
out_type0	
1
c43/x0Placeholder*
dtype0*
shape:
/
c43/yStringToNumberc43/x0*
out_type0	
1
c44/x0Placeholder*
dtype0*
shape:
/
c44/yStringToNumberc44/x0*
out_type0	
1
c45/x0Placeholder*
dtype0*
shape:
/
c45/yStringToNumberc45/x0*
out_type0	
1
c46/x0Placeholder*
dtype0*
shape:
/
c46/yStringToNumberc46/x0*
out_type0	
1
c47/x0Placeholder*
dtype0*
shape:
/
c47/yStringToNumberc47/x0*
out_type0	
1
c48/x0Placeholder*
dtype0*
shape:
/
c48/yStringToNumberc48/x0*
out_type0
1
c49/x0Placeholder*
dtype0*
shape:
/
c49/yStringToNumberc49/x0*
out_type0
1
c50/x0Placeholder*
dtype0*
shape:
/
c50/yStringToNumberc50/x0*
out_type0
1
c51/x0Placeholder*
dtype0*
shape:
/
c51/yStringToNumberc51/x0*
out_type0
1
c52/x0Placeholder*
dtype0*
shape:
/
c52/yStringToNumberc52/x0*
out_type0
1
c53/x0Placeholder*
dtype0*
shape:
/
c53/yStringToNumberc53/x0*
out_type0
1
c54/x0Placeholder*
dtype0*
shape:
/
c54/yStringToNumberc54/x0*
out_type0
1
c55/x0Placeholder*
dtype0*
shape:
/
c55/yStringToNumberc55/x0*
out_type0
1
c56/x0Placeholder*
dtype0*
shape:
/
c56/yStringToNumberc56/x0*
out_type0
1
c57/x0Placeholder*
dtype0*
shape:
/
c57/yStringToNumberc57/x0*
out_type0
1
c58/x0Placeholder*
dtype0*
shape:
/
c58/yStringToNumberc58/x0*
out_type0
1
c59/x0Placeholder*
dtype0*
shape:
/
c59/yStringToNumberc59/x0*
out_type0
1
c60/x0Placeholder*
dtype0*
shape:
/
c60/yStringToNumberc60/x0*
out_type0
1
c61/x0Placeholder*
dtype0*
shape:
/
c61/yStringToNumberc61/x0*
out_type0
1
c62/x0Placeholder*
dtype0*
shape:
/
c62/yStringToNumberc62/x0*
out_type0
1
c63/x0Placeholder*
dtype0*
shape:
/
c63/yStringToNumberc63/x0*
out_type0
1
c64/x0Placeholder*
dtype0*
shape:
/
c64/yStringToNumberc64/x0*
out_type0
1
c65/x0Placeholder*
dtype0*
shape:
/
c65/yStringToNumberc65/x0*
out_type0
1
c66/x0Placeholder*
dtype0*
shape:
/
c66/yStringToNumberc66/x0*
out_type0
1
c67/x0Placeholder*
dtype0*
shape:
/
c67/yStringToNumberc67/x0*
out_type0
1
c68/x0Placeholder*
dtype0*
shape:
/
c68/yStringToNumberc68/x0*
out_type0
1
c69/x0Placeholder*
dtype0*
shape:
/
c69/yStringToNumberc69/x0*
out_type0
1
c70/x0Placeholder*
dtype0*
shape:
/
c70/yStringToNumberc70/x0*
out_type0
1
c71/x0Placeholder*
dtype0*
shape:
/
c71/yStringToNumberc71/x0*
out_type0	
1
c72/x0Placeholder*
dtype0*
shape:
/
c72/yStringToNumberc72/x0*
out_type0	
1
c73/x0Placeholder*
dtype0*
shape:
/
c73/yStringToNumberc73/x0*
out_type0"ª