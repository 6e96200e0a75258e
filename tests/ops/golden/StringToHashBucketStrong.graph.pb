
2
c0/x0Placeholder*
dtype0*
shape:
W
c0/yStringToHashBucketStrongc0/x0*
key
ûÿÿÿÿÿÿÿÿ€€€€ *
num_buckets
2
c1/x0Placeholder*
dtype0*
shape:
W
c1/yStringToHashBucketStrongc1/x0*
key
ûÿÿÿÿÿÿÿÿ€€€€ *
num_buckets
2
c2/x0Placeholder*
dtype0*
shape:
[
c2/yStringToHashBucketStrongc2/x0*
key
ûÿÿÿÿÿÿÿÿ€€€€ *
num_buckets€”ëÜ
2
c3/x0Placeholder*
dtype0*
shape:
_
c3/yStringToHashBucketStrongc3/x0*
key
ûÿÿÿÿÿÿÿÿ€€€€ *
num_buckets
€€€€€€€€@"ª