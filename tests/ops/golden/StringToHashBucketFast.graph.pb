
2
c0/x0Placeholder*
dtype0*
shape:
8
c0/yStringToHashBucketFastc0/x0*
num_buckets
2
c1/x0Placeholder*
dtype0*
shape:
8
c1/yStringToHashBucketFastc1/x0*
num_buckets
2
c2/x0Placeholder*
dtype0*
shape:
<
c2/yStringToHashBucketFastc2/x0*
num_buckets€”λά
2
c3/x0Placeholder*
dtype0*
shape:
@
c3/yStringToHashBucketFastc3/x0*
num_buckets
€€€€€€€€@"ª