
2
c0/x0Placeholder*
dtype0*
shape:
4
c0/yStringToHashBucketc0/x0*
num_buckets
2
c1/x0Placeholder*
dtype0*
shape:
4
c1/yStringToHashBucketc1/x0*
num_buckets
2
c2/x0Placeholder*
dtype0*
shape:
8
c2/yStringToHashBucketc2/x0*
num_buckets€”λά
2
c3/x0Placeholder*
dtype0*
shape:
<
c3/yStringToHashBucketc3/x0*
num_buckets
€€€€€€€€@"ª