package guard.rules.data_location_test

import data.guard.rules.data_location as rule
import data.guard.testing

_unset := [
	{},
	{"data_location": null},
	{"data_location": {"buckets": null, "accounts": null, "others": null, "hub_contents": null}},
	{"data_location": {"buckets": "*", "accounts": "*", "others": "*", "hub_contents": "*"}},
]

_config := {
	"level": "deny",
	"buckets": ["team-*", "shared", "arn:aws:s3:*:accesspoint/team"],
	"accounts": ["123456789012"],
	"others": ["fs-0a*"],
}

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
		"uri": "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/team/y",
		"bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/team",
		"account": "123456789012",
	},
	{
		"uri": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/x/1",
		"bucket": null,
		"account": "123456789012",
	},
	{"uri": "fs-0abc", "bucket": null},
]

_file_system(path) := _in({"uri": "fs-9", "type": "file-system", "path": path})

_directories := object.union(_config, {"others": ["fs-9/data/*", "fs-8"]})

test_allow_directories_of_a_file_system[path] if {
	some path in ["/data/a", "/data/a/b", "//data/./a"]
	r := rule.findings with input as _job([_file_system(path)], [])
		with data.guard.config.rules.data_location as _directories
	r == set()
}

test_deny_other_directories_of_a_file_system[path] if {
	some path in ["/", "/data", "/data/../etc", "/data/x/../a", "/database", "/etc/data/a", null]
	r := rule.findings with input as _job([_file_system(path)], [])
		with data.guard.config.rules.data_location as _directories
	r == {_input_finding(_file_system(path), "fs-9")}
}

test_allow_any_directory_of_a_file_system_that_is_listed if {
	place := object.union(_file_system("/etc"), {"uri": "fs-8"})
	r := rule.findings with input as _job([place], []) with data.guard.config.rules.data_location as _directories
	r == set()
}

test_deny_a_bucket_whatever_the_other_places_are if {
	place := _in({"uri": "s3://elsewhere/x", "bucket": "elsewhere", "path": "/data"})
	config := object.union(_config, {"others": ["s3://elsewhere/*"]})
	r := rule.findings with input as _job([place], []) with data.guard.config.rules.data_location as config
	r == {_input_finding(place, "s3://elsewhere/x")}
}

_settings(value) := {
	"hyperparameters": [{"slot": "HyperParameters", "name": "data", "value": sprintf("%q", [value])}],
	"environment": [{"slot": "Environment", "name": "DATA", "value": value}],
	"command": {"entrypoint": null, "arguments": ["--x", sprintf("--data=%s", [value])]},
}

_in_settings(bucket, shown) := {
	{
		"message": sprintf("The setting data in HyperParameters names %s, which is not an approved place.", [shown]),
		"details": {
			"config": "rules.data_location.buckets",
			"slot": "HyperParameters",
			"setting": "data",
			"bucket": bucket,
		},
	},
	{
		"message": sprintf("The setting DATA in Environment names %s, which is not an approved place.", [shown]),
		"details": {"config": "rules.data_location.buckets", "slot": "Environment", "setting": "DATA", "bucket": bucket},
	},
	{
		"message": sprintf("The command's arguments name %s, which is not an approved place.", [shown]),
		"details": {"config": "rules.data_location.buckets", "command": "arguments", "bucket": bucket},
	},
}

test_allow_approved_places_in_settings[value] if {
	some value in [
		"s3://team-a/x",
		"S3A://team-a",
		"s3n://shared/x,s3://team-b/y",
		"https://team-a.s3.eu-west-1.amazonaws.com/x",
		"https://s3.amazonaws.com/shared/x",
		"arn:aws:s3:::team-a/x",
		"s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/team/y",
		"https://host/s3/other",
		"xs3://other",
		"s3:/other",
		"other",
	]
	r := rule.findings with input as _settings(value) with data.guard.config.rules.data_location as _config
	r == set()
}

test_deny_other_places_in_settings[value] if {
	some value, bucket in {
		"s3://other/x": "other",
		"S3://other/x": "other",
		"s3a://other": "other",
		"s3n://other/x": "other",
		"s3://team-a/x,s3://other/y": "other",
		"[s3://team-a/x, s3://other/y]": "other",
		"s3://team-a/x;s3://other/y": "other",
		"'s3://team-a/x''s3://other/y'": "other",
		"url=s3://shared-x/y": "shared-x",
		"https://other.s3.eu-west-1.amazonaws.com/x": "other",
		"https://team-a.s3.eu-west-1.amazonaws.com@s3.amazonaws.com/other/x": "other",
		"https://s3.amazonaws.com/other/team-a": "other",
		"arn:aws:s3:::other/team-a": "other",
		"arn:aws:s3:eu-west-1:210987654321:accesspoint/x": "arn:aws:s3:eu-west-1:210987654321:accesspoint/x",
		"s3://arn:aws:s3:eu-west-1:210987654321:accesspoint/x/y": "arn:aws:s3:eu-west-1:210987654321:accesspoint/x",
	}
	r := rule.findings with input as _settings(value) with data.guard.config.rules.data_location as _config
	r == _in_settings(bucket, sprintf("bucket %s", [bucket]))
}

test_each_setting_is_compared_by_itself if {
	settings := [{"slot": "Environment", "name": name, "value": value} |
		some name, value in {"A": "s3://team-a/x", "B": "s3://other"}
	]
	r := rule.findings with input as {"hyperparameters": [], "environment": settings}
		with data.guard.config.rules.data_location as _config
	r == {{
		"message": "The setting B in Environment names bucket other, which is not an approved place.",
		"details": {
			"config": "rules.data_location.buckets",
			"slot": "Environment",
			"setting": "B",
			"bucket": "other",
		},
	}}
}

test_deny_without_showing_what_is_not_a_bucket[value] if {
	some value in [
		"s3://user:hunter2@other/x",
		"s3://a:b:c:d:123456789012:e/x",
		"s3:///team-a",
		`https://team-a.s3.amazonaws.com\\@other/x`,
		"https://s3.amazonaws.com/Hunter2!/x",
		"arn:aws:s3:::hunter_2",
	]
	r := rule.findings with input as _settings(value)
		with data.guard.config.rules.data_location as _config
	r == _in_settings(null, "S3 with an invalid bucket name")
}

# Half of the places in each of two texts, because the limit is for all texts of a part together.
_many(number) := {
	"hyperparameters": [{"slot": "HyperParameters", "name": "a", "value": _addresses(1, 50)}],
	"environment": [
		{"slot": "Environment", "name": "B", "value": _addresses(51, number)},
		{"slot": "Environment", "name": "C", "value": _addresses(1, number)},
	],
	"command": {"entrypoint": [_addresses(1, 50)], "arguments": [_addresses(51, number)]},
	"storage": {
		"inputs": [_queried(_addresses(1, 50)), _queried(_addresses(51, number)), _queried(null)],
		"outputs": [],
	},
}

_addresses(first, last) := concat(" ", [sprintf("s3://team-%d/x", [i]) | some i in numbers.range(first, last)])

test_allow_100_places if {
	r := rule.findings with input as _many(100) with data.guard.config.rules.data_location as _config
	r == set()
}

test_deny_more_than_100_places_without_comparing_them if {
	every buckets in [_config.buckets, ["other"]] {
		r := rule.findings with input as _many(101)
			with data.guard.config.rules.data_location as object.union(_config, {"buckets": array.concat(buckets, ["shared"])})
		r == {{
			"message": sprintf("More than 100 places are named in the %s, too many to compare with the approved ones.", [part]),
			"details": {"config": "rules.data_location.buckets", "part": part},
		} |
			some part in ["settings", "command", "queries"]
		}
	}
}

test_places_are_counted_separately_for_each_part if {
	job := object.union(_many(101), {
		"hyperparameters": [],
		"environment": [{"slot": "Environment", "name": "B", "value": "s3://other/x"}],
		"storage": {"inputs": [_queried("s3://other/x")], "outputs": []},
	})
	r := rule.findings with input as job with data.guard.config.rules.data_location as _config
	{finding.details | some finding in r} == {
		{"config": "rules.data_location.buckets", "part": "command"},
		{"config": "rules.data_location.buckets", "slot": "Environment", "setting": "B", "bucket": "other"},
		{"config": "rules.data_location.buckets", "input": "train", "bucket": "other"},
	}
}

_public := "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/a/1.0.0"

_private := "arn:aws:sagemaker:eu-west-1:210987654321:hub-content/evil/Model/a/1.0.0"

_hub(content) := {
	"storage": {"inputs": [_in({"uri": "s3://shared/x", "bucket": "shared", "hub_content_arn": content})], "outputs": []},
	"base_model": {"name": content},
}

_hub_config := object.union(_config, {"hub_contents": ["*:aws:hub-content/SageMakerPublicHub/*"]})

test_allow_approved_hub_content[content] if {
	some content in [_public, null]
	r := rule.findings with input as _hub(content) with data.guard.config.rules.data_location as _hub_config
	r == set()
}

test_deny_other_hub_content if {
	r := rule.findings with input as _hub(_private) with data.guard.config.rules.data_location as _hub_config
	r == {{
		"message": sprintf("%s is hub content %s, which is not approved.", [name, _private]),
		"details": {"config": "rules.data_location.hub_contents", "input": name, "hub_content": _private},
	} |
		some name in ["Input train", "The base model"]
	}
}

test_allow_a_model_of_the_service if {
	r := rule.findings with input as {"base_model": {"name": "Falcon7BInstruct"}}
		with data.guard.config.rules.data_location as _config
	r == set()
}

test_deny_hub_content_when_the_list_is_missing if {
	every rules in _unset {
		r := rule.findings with input as {"base_model": {"name": _public}} with data.guard.config.rules as rules
		{finding.details.hub_content | some finding in r} == {_public}
	}
}

_evaluated(arn) := {"account": "111122223333", "base_model": {"name": null, "evaluator_arn": arn}}

test_deny_an_evaluator_that_is_other_hub_content if {
	r := rule.findings with input as _evaluated(_private) with data.guard.config.rules.data_location as _hub_config
	r == {{
		"message": sprintf("The evaluator is hub content %s, which is not approved.", [_private]),
		"details": {"config": "rules.data_location.hub_contents", "input": "The evaluator", "hub_content": _private},
	}}
}

test_allow_an_evaluator_that_is_approved_hub_content if {
	r := rule.findings with input as _evaluated(_public) with data.guard.config.rules.data_location as _hub_config
	r == set()
}

_document(kind, content) := {
	"job": {"kind": kind},
	"hyperparameters": [],
	"environment": [{"slot": "JobConfigDocument", "name": "Base.Arn", "value": content}],
}

test_deny_hub_content_in_a_document if {
	r := rule.findings with input as _document("customization", _private)
		with data.guard.config.rules.data_location as _hub_config
	r == {{
		"message": sprintf("The setting Base.Arn is hub content %s, which is not approved.", [_private]),
		"details": {
			"config": "rules.data_location.hub_contents",
			"input": "The setting Base.Arn",
			"hub_content": _private,
		},
	}}
}

test_allow_other_settings_about_hub_content[document] if {
	some document in [
		_document("customization", _public),
		_document("customization", sprintf("see %s", [_private])),
		_document("training", _private),
	]
	r := rule.findings with input as document with data.guard.config.rules.data_location as _hub_config
	r == set()
}

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
	inputs := [_in(_approved[0]), _in(_approved[3])]
	every rules in _unset {
		r := rule.findings with input as _job(inputs, [_out(_approved[4])]) with data.guard.config.rules as rules
		r == {
			_input_finding(inputs[0], inputs[0].uri),
			_input_finding(inputs[1], inputs[1].uri),
			_output_finding(_out(_approved[4]), "fs-0abc"),
		}
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "buckets")

_gap_config := {"buckets": ["b"], "accounts": [], "others": []}

_quiet := {
	"hyperparameters": [],
	"environment": [],
	"command": {"entrypoint": null, "arguments": null},
	"base_model": null,
}

_nowhere := {"name": "i", "uri": null, "bucket": null, "account": null}

_gaps := [
	{"storage": {"inputs": [object.union(_nowhere, {"type": "other", "local_path": null})], "outputs": []}},
	{"storage": {"inputs": [], "outputs": [object.union(_nowhere, {"kms_key": null})]}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(object.union(_quiet, gap), field)
	findings := rule.findings with input as document with data.guard.config.rules.data_location as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "storage") == set()
	}
	_gap_findings(_gaps[0], "storage.inputs") == set()
	_gap_findings(_gaps[1], "storage.outputs") == set()
}

test_deny_when_an_unrelated_call_failed[[i, field]] if {
	some [i, field] in [[0, "hyperparameters"], [0, "storage.outputs"], [1, "hyperparameters"], [1, "storage.inputs"]]
	count(_gap_findings(_gaps[i], field)) > 0
}

test_deny_a_place_that_is_known_when_others_could_not_be_read if {
	place := {"name": "i", "type": "s3", "uri": "s3://x/i", "bucket": "x", "account": null, "local_path": null}
	document := testing.input_without(object.union(_quiet, {"storage": {"inputs": [place], "outputs": []}}), "storage")
	r := rule.findings with input as document with data.guard.config.rules.data_location as {"buckets": ["b"]}
	count(r) == 1
}

_queried(statement) := _in({"uri": "s3://shared/x", "bucket": "shared", "query": {"statement": statement}})

test_deny_queries_that_name_other_places[statement] if {
	some statement in [
		"UNLOAD (SELECT 1) TO 's3://other/x' WITH (format = 'CSV')",
		"CREATE TABLE a WITH (external_location = 's3://other/x') AS SELECT 1",
		"unload ('select 1') to 's3://other/x' iam_role default",
	]
	r := rule.findings with input as _job([_queried(statement)], [])
		with data.guard.config.rules.data_location as _config
	r == {{
		"message": "The query of input train names bucket other, which is not an approved place.",
		"details": {"config": "rules.data_location.buckets", "input": "train", "bucket": "other"},
	}}
}

test_allow_queries_that_name_no_other_place[statement] if {
	some statement in ["SELECT * FROM a", "UNLOAD (SELECT 1) TO 's3://team-a/x'", null]
	r := rule.findings with input as _job([_queried(statement)], [])
		with data.guard.config.rules.data_location as _config
	r == set()
}

test_deny_the_query_of_one_input_beside_an_unknown_query if {
	r := rule.findings with input as _job([_queried(null), _queried("UNLOAD (SELECT 1) TO 's3://other/x'")], [])
		with data.guard.config.rules.data_location as _config
	{finding.details.bucket | some finding in r} == {"other"}
}

test_an_access_point_is_approved_by_its_own_name_alone if {
	place := _in({
		"uri": "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/x/y",
		"bucket": "arn:aws:s3:eu-west-1:123456789012:accesspoint/x",
		"account": "123456789012",
	})
	r := rule.findings with input as _job([place], []) with data.guard.config.rules.data_location as _config
	r == {_input_finding(place, "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/x/y")}
}
