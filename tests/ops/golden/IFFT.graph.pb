
6
c0/x0Placeholder*
dtype0*
shape
:
#
c0/yIFFTc0/x0*
Tcomplex0
6
c1/x0Placeholder*
dtype0*
shape
:
#
c1/yIFFTc1/x0*
Tcomplex0
6
c2/x0Placeholder*
dtype0*
shape
:
#
c2/yIFFTc2/x0*
Tcomplex0
6
c3/x0Placeholder*
dtype0*
shape
:
#
c3/yIFFTc3/x0*
Tcomplex0
6
c4/x0Placeholder*
dtype0*
shape
:
#
c4/yIFFTc4/x0*
Tcomplex0
6
c5/x0Placeholder*
dtype0*
shape
:
#
c5/yIFFTc5/x0*
Tcomplex0
6
c6/x0Placeholder*
dtype0*
shape
:
#
c6/yIFFTc6/x0*
Tcomplex0
6
c7/x0Placeholder*
dtype0*
shape
:
#
c7/yIFFTc7/x0*
Tcomplex0
6
c8/x0Placeholder*
dtype0*
shape
:
#
c8/yIFFTc8/x0*
Tcomplex0
6
c9/x0Placeholder*
dtype0*
shape
:
#
c9/yIFFTc9/x0*
Tcomplex0
7
c10/x0Placeholder*
dtype0*
shape
:
%
c10/yIFFTc10/x0*
Tcomplex0
7
c11/x0Placeholder*
dtype0*
shape
:
%
c11/yIFFTc11/x0*
Tcomplex0"ª