package guard.lib.storage_test

import data.guard.lib.storage

_buckets := [
	["s3://team-code/a/b.tar.gz", "team-code"],
	["s3://team-code/", "team-code"],
	["s3://team-code", "team-code"],
	["s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/code/a/b", "arn:aws:s3:eu-west-1:123456789012:accesspoint/code"],
	["s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/code", "arn:aws:s3:eu-west-1:123456789012:accesspoint/code"],
	["s3://arn:aws:s3:eu-west-1:123456789012:accesspoint:code/a/b", "arn:aws:s3:eu-west-1:123456789012:accesspoint:code"],
	["s3://", null],
	["s3:///a", null],
	["S3://team-code/a", null],
	["https://team-code.s3.amazonaws.com/a", null],
	["x-s3://team-code/a", null],
	["team-code/a", null],
	["arn:aws:s3:::team-code", null],
	["", null],
]

test_bucket[address] if {
	some [address, expected] in _buckets
	storage.bucket(address) == expected
}

_paths := [
	["/opt/ml/code", "/opt/ml/code"],
	["/opt/ml/code/", "/opt/ml/code"],
	["//opt/./ml//code", "/opt/ml/code"],
	["/opt/ml/code/../data", null],
	["/opt/ml/..", null],
	["/opt/ml/..code", "/opt/ml/..code"],
	["/", ""],
	["opt/ml/code", null],
	["", null],
	["s3://team-code/a", null],
]

test_path[text] if {
	some [text, expected] in _paths
	storage.path(text) == expected
}
