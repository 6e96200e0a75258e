
2
c0/x0Placeholder*
dtype0*
shape:
2
c0/x1Placeholder*
dtype0	*
shape:
}
c0/yUnicodeEncodec0/x0c0/x1*
Tsplits0	*
errors	replace*
output_encodingUTF-8*
replacement_charıÿ
2
c1/x0Placeholder*
dtype0*
shape:
2
c1/x1Placeholder*
dtype0	*
shape:
|
c1/yUnicodeEncodec1/x0c1/x1*
Tsplits0	*
errorsignore*
output_encodingUTF-8*
replacement_charıÿ
2
c2/x0Placeholder*
dtype0*
shape:
2
c2/x1Placeholder*
dtype0*
shape:
}
c2/yUnicodeEncodec2/x0c2/x1*
Tsplits0*
errors	replace*
output_encodingUTF-8*
replacement_charıÿ
2
c3/x0Placeholder*
dtype0*
shape:
2
c3/x1Placeholder*
dtype0*
shape:

c3/yUnicodeEncodec3/x0c3/x1*
Tsplits0*
errors	replace*
output_encoding	UTF-16-BE*
replacement_charıÿ
2
c4/x0Placeholder*
dtype0*
shape:
2
c4/x1Placeholder*
dtype0*
shape:

c4/yUnicodeEncodec4/x0c4/x1*
Tsplits0*
errors	replace*
output_encoding	UTF-32-BE*
replacement_charıÿ
0
c5/x0Placeholder*
dtype0*
shape:
0
c5/x1Placeholder*
dtype0*
shape:
|
c5/yUnicodeEncodec5/x0c5/x1*
Tsplits0*
errorsstrict*
output_encodingUTF-8*
replacement_charıÿ
0
c6/x0Placeholder*
dtype0*
shape:
0
c6/x1Placeholder*
dtype0*
shape:
}
c6/yUnicodeEncodec6/x0c6/x1*
Tsplits0*
errors	replace*
output_encodingUTF-8*
replacement_charıÿ"ª