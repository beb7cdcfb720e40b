package guard.lib.keys_test

import data.guard.lib.keys
import future.keywords.not

_own := "111122223333"

_id := "0a1b2c3d-0000-4000-8000-000000000000"

_arn(account, name) := sprintf("arn:aws:kms:eu-west-1:%s:%s", [account, name])

_allowed := [
	["*", _id],
	["*", "alias/ml"],
	["*", "alias/awsome"],
	["*", "not-an-arn:aws:kms:eu-west-1:444455556666:key/x"],
	["*", _arn(_own, "key/x")],
	["*", _arn(_own, "alias/ml")],
	["arn:aws:kms:*:111122223333:key/*", _arn(_own, "key/x")],
	["alias/ml-*", "alias/ml-team"],
	["alias/aws/*", "alias/aws/s3"],
	["*:alias/aws/s3", _arn(_own, "alias/aws/s3")],
	["arn:aws:kms:*:444455556666:key/*", _arn("444455556666", "key/x")],
]

test_allow_listed_keys[example] if {
	some example in _allowed
	[pattern, key] := example
	not keys.problem(["other", pattern], key, _own)
}

_managed := "which AWS manages: it is not a customer key"

_foreign := "which belongs to account 444455556666"

_other := "which is not allowed"

_denied := [
	[["*"], "alias/aws/sagemaker", _managed],
	[["*", "alias/aws/s3"], "alias/aws/sagemaker", _managed],
	[["*"], _arn(_own, "alias/aws/s3"), _managed],
	[["*"], _arn("444455556666", "alias/aws/s3"), _managed],
	[["*"], _arn("444455556666", "key/x"), _foreign],
	[["arn:aws:kms:*:key/*"], _arn("444455556666", "key/x"), _foreign],
	[["arn:aws:kms:*:444455556666:key/y"], _arn("444455556666", "key/x"), _foreign],
	[["alias/ml-*"], "alias/ml", _other],
	[[], _id, _other],
]

test_deny_other_keys[example] if {
	some example in _denied
	[patterns, key, reason] := example
	keys.problem(patterns, key, _own) == reason
}

test_allow_what_is_no_whole_arn if not keys.problem(["*"], "arn:aws:kms", _own)
