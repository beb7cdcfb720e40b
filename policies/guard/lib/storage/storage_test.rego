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

_texts := [
	["s3://team/a", ["team"]],
	["--from=S3A://team,s3n://other/b", ["other", "team"]],
	["s3:///a", [null]],
	["xs3://team/a", []],
	["https://team.s3.eu-west-1.amazonaws.com/a", ["team"]],
	["https://team.s3.amazonaws.com", ["team"]],
	["HTTP://Team.S3-eu-west-1.Amazonaws.Com:443/a", ["team"]],
	["https://team.v2.s3.dualstack.eu-west-1.amazonaws.com/a", ["team.v2"]],
	["https://my.s3.team.s3-accelerate.amazonaws.com/a", ["my.s3.team"]],
	["https://team.s3.cn-north-1.amazonaws.com.cn/a", ["team"]],
	["https://team.s3.eusc-de-east-1.amazonaws.eu/a", ["team"]],
	["https://user:pw@team.s3.amazonaws.com./a", ["team"]],
	["https://approved@team.s3.amazonaws.com/a", ["team"]],
	[`https://team.s3.amazonaws.com\@approved.s3.amazonaws.com/a`, [null]],
	[`\"https://team.s3.amazonaws.com\"`, ["team"]],
	["https://s3.eu-west-1.amazonaws.com/team/a", ["team"]],
	["https://s3-eu-west-1.amazonaws.com/team?versionId=1", ["team"]],
	["https://s3.dualstack.eu-west-1.amazonaws.com/team", ["team"]],
	["(https://s3.amazonaws.com/team)", ["team"]],
	["https://s3.amazonaws.com/", []],
	["https://s3.amazonaws.com", []],
	["https://team.s3.example.com/a", []],
	["https://s3.example.com/amazonaws.com/a", []],
	["https://foos3.amazonaws.com/a", []],
	["https://host/s3.amazonaws.com/a", []],
	["https://team.s3.amazonaws.computer/a", []],
	["arn:aws:s3:::team", ["team"]],
	["arn:aws-cn:s3:::team/a/*", ["team"]],
	["[arn:aws:s3:::team, arn:aws:s3:::other/b]", ["other", "team"]],
	[sprintf("%s/code/object/a", [_point]), [sprintf("%s/code", [_point])]],
	["arn:aws:s3-object-lambda:eu-west-1:1:accesspoint/code", ["arn:aws:s3-object-lambda:eu-west-1:1:accesspoint/code"]],
	["arn:aws:s3:eu-west-1:1:job/a", []],
	["arn:aws:sns:eu-west-1:1:s3", []],
	["xarn:aws:s3:::team", []],
	["s3://", []],
	["s3://Team_1/a", ["Team_1"]],
	["s3://user:pw@team/a", [null]],
	["s3://a:b:c:d:123456789012:e/x", [null]],
	["arn:aws:s3:eu-west-1:1:job=arn:aws:s3:::other", [null]],
	["s3://team/|s3://other/a", ["other", "team"]],
	["s3://team/a&b=https://other.s3.amazonaws.com/a", ["other", "team"]],
	["s3://team=s3://other/a", [null]],
	["s3://team/a=arn:aws:s3:::other/b", ["other", "team"]],
	["https://team.s3.amazonaws.com/a/s3://other/b", ["other", "team"]],
	["https://team.s3.amazonaws.com/s3://other/b", [null]],
	["https://team.s3.amazonaws.com/|S3a://other/b", [null]],
	["https://team.s3.amazonaws.com/http://s3.amazonaws.com/other", [null]],
	["https://team.s3.amazonaws.com/arn:aws:s3:::other", [null]],
	["https://team.s3.amazonaws.com/2024-01-01T00:00:00/a", ["team"]],
	["https://s3.amazonaws.com/s3://other/a", [null]],
	["https://x.s3@s3.amazonaws.com/team", ["team"]],
	["arn:aws:s3:::team/|s3://other/a", ["other", "team"]],
	["arn:aws:s3:::team=s3://other/a", [null]],
	["arn:aws:s3:::team/a=arn:aws:s3:::other/b", ["other", "team"]],
	["x=$(aws s3 ls s3://team) y=[s3://other]", ["other", "team"]],
	["{a: s3://team} <s3://other>", ["other", "team"]],
	["`aws s3 ls s3://team`", ["team"]],
	["aws s3 ls s3://team|tee a", ["team"]],
	["s3://team|s3://other", ["other", "team"]],
	["s3://team&&aws s3 ls s3a://other>a", ["other", "team"]],
	["s3://${BUCKET}/a", ["${BUCKET"]],
	["s3://approved@team/a", [null]],
	["s3://approved)@team/a", [null]],
	["s3://approved,user:pw@team/a", [null]],
	["s3://approved a@team/a", ["approved"]],
	[`"{\"a\": \"s3://team\", \"b\": \"arn:aws:s3:::other\"}"`, ["other", "team"]],
	[`"{\\\"a\\\": \\\"https://s3.amazonaws.com/team\\\"}"`, ["team"]],
	[`s3://team\other/a`, [null]],
	["https://bucket.vpce-0a-1b.s3.eu-west-1.vpce.amazonaws.com", []],
	["https://bucket.vpce-0a-1b.s3.eu-west-1.vpce.amazonaws.com/team/a", ["team"]],
	["https://team.bucket.vpce-0a-1b.s3.us-iso-east-1.vpce.c2s.ic.gov/a", ["team"]],
	["https://Team.Bucket.vpce-0a-1b.s3.eu-west-1.vpce.amazonaws.com/a", ["team"]],
	["https://team.bucket.vpce-0a-1b.s3.eu-west-1.amazonaws.com/a", ["team.bucket.vpce-0a-1b"]],
	["http://team.bucket.vpce-a.s3.amazonaws.com/x.vpce.amazonaws.com/a", ["team.bucket.vpce-a"]],
	["http://.vpce.amazonaws.com@team.bucket.vpce-a.s3.amazonaws.com/a", ["team.bucket.vpce-a"]],
	["https://bucket.vpce-0a-1b.s3.amazonaws.com/team/a", ["bucket.vpce-0a-1b"]],
	["https://bucket.vpce-0a-1b.s3.eu-west-1.vpce.amazonaws.com:443/team/a", ["team"]],
	["https://vpce-0a-1b.s3.amazonaws.com/a", ["vpce-0a-1b"]],
	["https://team.mybucket.vpce-a.s3.amazonaws.com/a", ["team.mybucket.vpce-a"]],
	["team", []],
	["", []],
]

test_named[text] if {
	some [text, expected] in _texts
	sort(storage.named(text)) == expected
	hints := regex.find_n(storage.hint, text, 1)
	count(hints) >= count(array.slice(expected, 0, 1))
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

_point := "arn:aws:s3:eu-west-1:123456789012:accesspoint"

_names := [
	["abc", true],
	["team-code.v2", true],
	[sprintf("%063d", [0]), true],
	[sprintf("%064d", [0]), false],
	["ab", false],
	["Team-code", false],
	["team_code", false],
	["user:pw@team-code", false],
	["team-code?sig=1", false],
	[null, false],
	["team-code\n", false],
	["", false],
	[sprintf("%s/code", [_point]), true],
	[sprintf("%s:code", [_point]), true],
	["arn:aws-us-gov:s3-outposts::1:accesspoint/code", true],
	[sprintf("%s/", [_point]), false],
	[sprintf("%s/code@x", [_point]), false],
	[sprintf("%sX/code", [_point]), false],
	[sprintf("x%s/code", [_point]), false],
	["arn:aws:iam::1:accesspoint/code", false],
	["arn:aws:s3:eu-west-1:hunter2:accesspoint/code", false],
]

test_is_bucket[name] if {
	some [name, expected] in _names
	[name | storage.is_bucket(name)] == [name | expected]
}

_shown := [
	["s3://team-code/a/b", "s3://team-code/a/b"],
	["s3://team-code/a@1/b:2", "s3://team-code/a@1/b:2"],
	["s3://team-code/a#pw", "s3://team-code/a"],
	[sprintf("s3://%s/code/a@1", [_point]), sprintf("s3://%s/code/a@1", [_point])],
	[sprintf("s3://%s/code/a?pw", [_point]), sprintf("s3://%s/code/a", [_point])],
	["s3://arn:pw@team-code/a", "s3://team-code/a"],
	["s3://arn:pw?1@team-code/a", "s3://"],
	[sprintf("x-s3://%s/a@1", [_point]), "x-s3://"],
	["https://host/a?pw", "https://host/a"],
	["https://host?pw", "https://host"],
	["https://host/a?b=c@pw", "https://host/a"],
	["https://host/a?b#pw", "https://host/a"],
	["https://host/a#pw\nmore", "https://host/a"],
	["https://host:443/a", "https://host:443/a"],
	["https://u:pw@host/a", "https://host/a"],
	["https://u:p@w@host/a", "https://host/a"],
	["https://pw@host:443/a?pw#pw", "https://host:443/a"],
	["//u:pw@host/a", "//host/a"],
	["https://u:p/w@host/a", "https://"],
	["https://u:p?w@host/a", "https://"],
	["https://u:p#w@host/a", "https://"],
	["https://pw#1@host/a", "https://"],
	["https://u:p/w\n@host/a", "https://"],
	["fs-0abc", "fs-0abc"],
	["", ""],
]

test_shown[address] if {
	some [address, expected] in _shown
	storage.shown(address) == expected
}

test_another_server_than_s3s[value] if {
	some value in [
		"https://evil.example",
		"evil.example:9000",
		"http://10.0.0.1",
		"https://s3.eu-west-1.amazonaws.com.evil.example",
		"https://s3.eu-west-1.amazonaws.com@evil.example",
		"https://evil.example/s3.eu-west-1.amazonaws.com",
		"https://evil.s3.eu-west-1.amazonaws.com",
		"https://s3.eu-west-1.amazonaws.com/evil",
		"https://s3-evil.s3.amazonaws.com",
		"https://evil.s3-accelerate.amazonaws.com",
		"https://vpce-0a-1b.vpce-svc-0c.eu-west-1.vpce.amazonaws.com",
		"https://s3.eu-west-1.amazonaws.com\nhttps://evil.example",
		" ",
	]
	not storage.is_server_of_s3(value)
}

test_settings_name_a_server_for_s3[name] if {
	some name in [
		"AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_S3",
		"AWS_S3_ENDPOINT",
		"AWS_S3_ENDPOINT_URL",
		"FSSPEC_S3_ENDPOINT_URL",
		"MLFLOW_S3_ENDPOINT_URL",
		"S3_ENDPOINT",
		"S3_ENDPOINT_URL",
	]
	regex.match(storage.servers, name)
}

test_servers_of_s3[value] if {
	some value in [
		"",
		"https://s3.amazonaws.com",
		"https://s3.eu-west-1.amazonaws.com/",
		"HTTPS://S3.eu-west-1.amazonaws.com:443",
		"s3.us-gov-west-1.amazonaws.com",
		"https://s3-fips.dualstack.us-east-1.amazonaws.com",
		"https://s3-us-west-2.amazonaws.com",
		"https://s3-accelerate.dualstack.amazonaws.com",
		"https://s3-external-1.amazonaws.com",
		"https://s3.cn-north-1.amazonaws.com.cn",
		"https://s3.eusc-de-east-1.amazonaws.eu",
		"https://s3.us-iso-east-1.c2s.ic.gov",
		"https://bucket.vpce-0a1b-2c.s3.eu-west-1.vpce.amazonaws.com",
	]
	storage.is_server_of_s3(value)
}

test_other_settings_name_no_server_of_s3[name] if {
	some name in ["AWS_ENDPOINT_URL_STS", "s3_endpoint_url", "MY_S3_ENDPOINT_URL"]
	not regex.match(storage.servers, name)
}

test_within[path] if {
	some path in ["/a", "/a/b", "/a/b/c"]
	storage.is_within(path, "/a")
}

test_everything_is_within_the_root if storage.is_within("/a", "")

test_not_within[path] if {
	some path in ["", "/", "/ab", "/b/a"]
	not storage.is_within(path, "/a")
}
