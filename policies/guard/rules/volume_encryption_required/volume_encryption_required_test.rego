package guard.rules.volume_encryption_required_test

import data.guard.rules.volume_encryption_required as rule
import data.guard.testing

_unset := [
	{},
	{"volume_encryption_required": null},
	{"volume_encryption_required": {"kms_keys": null, "local_storage_types": null}},
	{"volume_encryption_required": {"kms_keys": "*", "local_storage_types": "*"}},
]

_config := {"level": "deny", "kms_keys": ["alias/ml-*", "key-1"], "local_storage_types": ["ml.g5.*", "ml.p4d.*"]}

_job(keys, types) := {
	"account": "111122223333",
	"compute": {"instances": [{"type": type, "count": 1} | some type in types]},
	"storage": {"volumes": [{"name": sprintf("Part%d", [i]), "kms_key": key} | some i, key in keys]},
}

_open(i) := {
	"message": sprintf("The volume of Part%d is not encrypted with a KMS key.", [i]),
	"details": {
		"config": "rules.volume_encryption_required",
		"volume": sprintf("Part%d", [i]),
		"kms_key": null,
	},
}

_other(key, allowed) := {
	"message": sprintf("The volume of Part0 is encrypted with KMS key %s, which is not allowed.", [key]),
	"details": {
		"config": "rules.volume_encryption_required.kms_keys",
		"volume": "Part0",
		"kms_key": key,
		"allowed": allowed,
	},
}

test_deny_volume_without_key if {
	r := rule.findings with input as _job([null], ["ml.m5.large"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == {_open(0)}
}

test_deny_volume_with_empty_key if {
	r := rule.findings with input as _job([""], ["ml.m5.large"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == {_open(0)}
}

test_deny_the_second_of_two_volumes if {
	r := rule.findings with input as _job(["key-1", null], ["ml.m5.large"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == {_open(1)}
}

test_deny_other_key if {
	r := rule.findings with input as _job(["key-12"], ["ml.g5.xlarge"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == {_other("key-12", ["alias/ml-*", "key-1"])}
}

test_deny_keys_that_are_no_customer_keys_of_the_account if {
	every key, reason in {
		"alias/aws/ebs": "which AWS manages: it is not a customer key",
		"arn:aws:kms:eu-west-1:444455556666:key/x": "which belongs to account 444455556666",
	} {
		r := rule.findings with input as _job([key], ["ml.m5.large"])
			with data.guard.config.rules.volume_encryption_required as {"kms_keys": ["*"]}
		message := sprintf("The volume of Part0 is encrypted with KMS key %s, %s.", [key, reason])
		{finding.message | some finding in r} == {message}
	}
}

test_allow_listed_keys if {
	r := rule.findings with input as _job(["key-1", "alias/ml-team"], ["ml.m5.large"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == set()
}

test_allow_no_key_on_local_storage if {
	r := rule.findings with input as _job([null], ["ml.g5.xlarge", "ml.p4d.24xlarge"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == set()
}

test_allow_no_key_on_one_instance_with_local_storage if {
	r := rule.findings with input as _job([null], ["ml.g5.xlarge"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == set()
}

test_deny_no_key_if_only_some_instances_have_local_storage if {
	r := rule.findings with input as _job([null], ["ml.g5.xlarge", "ml.m5.large"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == {_open(0)}
}

# A debugger rule runs on an instance of its own, which has a volume of its own.
test_only_the_instances_that_have_the_volume_count[note] if {
	some note, [types, expected] in {
		"local storage": [["ml.g5.xlarge"], set()],
		"another one": [["ml.m5.large"], {_open(0)}],
		"both": [["ml.g5.xlarge", "ml.m5.large"], {_open(0)}],
		"not told": [null, {_open(0)}],
		"none": [[], {_open(0)}],
	}
	job := object.union(
		_job([], ["ml.g5.xlarge", "ml.m5.large"]),
		{"storage": {"volumes": [{"name": "Part0", "kms_key": null, "instance_types": types}]}},
	)
	r := rule.findings with input as job with data.guard.config.rules.volume_encryption_required as _config
	r == expected
}

test_deny_no_key_if_an_instance_type_is_unknown if {
	r := rule.findings with input as _job([null], ["ml.g5.xlarge", null])
		with data.guard.config.rules.volume_encryption_required as _config
	r == {_open(0)}
}

test_deny_no_key_if_the_job_names_no_instances if {
	r := rule.findings with input as _job([null], []) with data.guard.config.rules.volume_encryption_required as _config
	r == {_open(0)}
}

test_deny_job_without_volumes if {
	r := rule.findings with input as _job([], ["ml.m5.large"])
		with data.guard.config.rules.volume_encryption_required as _config
	r == {{
		"message": "The job names no volume, so its encryption is unknown.",
		"details": {"config": "rules.volume_encryption_required", "volume": null, "kms_key": null},
	}}
}

test_deny_everything_when_the_lists_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job(["key-1", null], ["ml.g5.xlarge"]) with data.guard.config.rules as rules
		r == {_other("key-1", []), _open(1)}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "VolumeKmsKeyId")

test_exports_its_needs if rule.needs == ["volumes"]

_gap_config := {"kms_keys": ["*"]}

_gaps := [
	{"storage": {"volumes": []}},
	{"storage": {"volumes": [{"name": "ResourceConfig", "kms_key": null}]}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.volume_encryption_required as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "storage") == set()
	}
}

test_deny_when_an_unrelated_call_failed[[i, field]] if {
	some i, gap in _gaps
	some field in ["hyperparameters", "storage.inputs"]
	count(_gap_findings(gap, field)) > 0
}

test_allow_a_volume_of_instances_that_could_not_be_read if {
	volume := {"name": "ResourceConfig", "kms_key": null}
	document := testing.input_without({"storage": {"volumes": [volume]}}, "compute")
	r := rule.findings with input as document with data.guard.config.rules.volume_encryption_required as {}
	r == set()
}
