package guard.rules.data_location_test

import data.guard.rules.data_location as rule
import data.guard.testing

_unset := [
	{},
	{"data_location": null},
	{"data_location": {"buckets": null, "accounts": null, "others": null}},
	{"data_location": {"buckets": "*", "accounts": "*", "others": "*"}},
]

_config := {"level": "deny", "buckets": ["team-*", "shared"], "accounts": ["123456789012"], "others": ["fs-0a*"]}

_in(patch) := object.union({"name": "train", "type": "s3", "uri": null, "bucket": null, "account": null}, patch)

_out(patch) := object.union({"name": "model", "uri": null, "bucket": null, "account": null}, patch)

_job(inputs, outputs) := {"storage": {"inputs": inputs, "outputs": outputs}}

_input_finding(place, shown) := {
	"message": sprintf("Input train comes from %s, which is not an approved place.", [shown]),
	"details": {
		"config": "rules.data_location",
		"input": "train",
		"type": place.type,
		"uri": shown,
		"bucket": place.bucket,
		"account": place.account,
	},
}

_output_finding(place, shown) := {
	"message": sprintf("Output model goes to %s, which is not an approved place.", [shown]),
	"details": {
		"config": "rules.data_location",
		"output": "model",
		"uri": shown,
		"bucket": place.bucket,
		"account": place.account,
	},
}

_approved := [
	{"uri": "s3://team-a/x", "bucket": "team-a"},
	{"uri": "s3://shared/x", "bucket": "shared"},
	{
		"uri": "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/x/y",
		"bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/x",
		"account": "123456789012",
	},
	{"uri": "fs-0abc", "bucket": null},
]

test_allow_approved_places if {
	r := rule.findings with input as _job([_in(place) | some place in _approved], [_out(place) | some place in _approved])
		with data.guard.config.rules.data_location as _config
	r == set()
}

test_allow_job_without_data if {
	r := rule.findings with input as _job([], []) with data.guard.config.rules.data_location as _config
	r == set()
}

_near_misses := {
	"another bucket": {"uri": "s3://other/team-a", "bucket": "other"},
	"longer name": {"uri": "s3://shared-x/y", "bucket": "shared-x"},
	"another account": {
		"uri": "s3://arn:aws:s3:eu-west-1:210987654321:accesspoint/x/y",
		"bucket": "arn:aws:s3:eu-west-1:210987654321:accesspoint/x",
		"account": "210987654321",
	},
	"another file system": {"uri": "fs-0b"},
	"bucket named like a file system": {"uri": "fs-0a1", "bucket": "other"},
}

test_deny_input_elsewhere[name] if {
	some name, patch in _near_misses
	r := rule.findings with input as _job([_in({"uri": "s3://shared/x", "bucket": "shared"}), _in(patch)], [])
		with data.guard.config.rules.data_location as _config
	r == {_input_finding(_in(patch), patch.uri)}
}

test_deny_output_elsewhere[name] if {
	some name, patch in _near_misses
	r := rule.findings with input as _job([], [_out({"uri": "s3://shared/x", "bucket": "shared"}), _out(patch)])
		with data.guard.config.rules.data_location as _config
	r == {_output_finding(_out(patch), patch.uri)}
}

test_deny_unknown_places if {
	r := rule.findings with input as _job([_in({})], [_out({})])
		with data.guard.config.rules.data_location as {"level": "deny", "buckets": ["*"], "accounts": ["*"], "others": ["*"]}
	r == {_input_finding(_in({}), "an unknown place"), _output_finding(_out({}), "an unknown place")}
}

test_presigned_part_of_a_url_is_not_shown if {
	place := _in({"uri": "https://b.s3.amazonaws.com/x?X-Amz-Signature=1"})
	r := rule.findings with input as _job([place], []) with data.guard.config.rules.data_location as _config
	r == {_input_finding(place, "https://b.s3.amazonaws.com/x")}
}

_with_credentials := {
	"user": {"uri": "https://user:pw@host/x", "shown": "https://host/x"},
	"query": {"uri": "s3://team/x?pw", "shown": "s3://team/x"},
	"fragment": {"uri": "s3://team/x#pw", "shown": "s3://team/x"},
}

test_credentials_in_a_uri_are_not_shown[name] if {
	some name, example in _with_credentials
	r := rule.findings with input as _job([_in({"uri": example.uri})], [_out({"uri": example.uri})])
		with data.guard.config.rules.data_location as _config
	r == {_input_finding(_in({}), example.shown), _output_finding(_out({}), example.shown)}
}

test_credentials_in_the_place_of_a_bucket_are_not_shown if {
	patch := {"uri": "s3://user:pw@other/x", "bucket": "user:pw@other"}
	r := rule.findings with input as _job([_in(patch)], [_out(patch)])
		with data.guard.config.rules.data_location as _config
	r == {_input_finding(_in({}), "s3://other/x"), _output_finding(_out({}), "s3://other/x")}
}

test_deny_every_place_when_the_lists_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job([_in(_approved[2])], [_out(_approved[3])]) with data.guard.config.rules as rules
		r == {_input_finding(_in(_approved[2]), _approved[2].uri), _output_finding(_out(_approved[3]), "fs-0abc")}
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "buckets")

_gap_config := {"buckets": ["b"], "accounts": [], "others": []}

_nowhere := {"name": "i", "uri": null, "bucket": null, "account": null}

_gaps := [
	{"storage": {"inputs": [object.union(_nowhere, {"type": "other", "local_path": null})], "outputs": []}},
	{"storage": {"inputs": [], "outputs": [object.union(_nowhere, {"kms_key": null})]}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.data_location as _gap_config
}

test_allow_what_could_not_be_read_for_now if {
	every gap in _gaps {
		_gap_findings(gap, "storage") == set()
	}
}

test_deny_it_when_another_call_failed if {
	every gap in _gaps {
		count(_gap_findings(gap, "hyperparameters")) > 0
	}
}

test_deny_a_place_that_is_known_when_others_could_not_be_read if {
	place := {"name": "i", "type": "s3", "uri": "s3://x/i", "bucket": "x", "account": null, "local_path": null}
	document := testing.input_without({"storage": {"inputs": [place], "outputs": []}}, "storage")
	r := rule.findings with input as document with data.guard.config.rules.data_location as {"buckets": ["b"]}
	count(r) == 1
}
