
2
c0/x0Placeholder*
dtype0*
shape:
!
c0/y	BesselK0ec0/x0*
T0
2
c1/x0Placeholder*
dtype0*
shape:
!
c1/y	BesselK0ec1/x0*
T0
2
c2/x0Placeholder*
dtype0*
shape:
!
c2/y	BesselK0ec2/x0*
T0
2
c3/x0Placeholder*
dtype0*
shape:
!
c3/y	BesselK0ec3/x0*
T0"ª