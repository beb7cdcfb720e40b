package guard.rules.output_encryption_required_test

import data.guard.rules.output_encryption_required as rule
import data.guard.testing

_unset := [
	{},
	{"output_encryption_required": null},
	{"output_encryption_required": {"kms_keys": null, "outputs_without_key": null}},
	{"output_encryption_required": {"kms_keys": "*", "outputs_without_key": "*"}},
]

_config := {
	"level": "deny",
	"kms_keys": ["alias/ml-*", "key-1"],
	"outputs_without_key": {"training": ["out1"]},
}

_job(keys) := _job_of("processing", keys)

_job_of(kind, keys) := {
	"account": "111122223333",
	"job": {"kind": kind},
	"storage": {"outputs": [{"name": sprintf("out%d", [i]), "kms_key": key} | some i, key in keys]},
}

_open(i) := {
	"message": sprintf("Output out%d is not encrypted with a KMS key.", [i]),
	"details": {"config": "rules.output_encryption_required", "output": sprintf("out%d", [i]), "kms_key": null},
}

_other(i, key, allowed) := {
	"message": sprintf("Output out%d is encrypted with KMS key %s, which is not allowed.", [i, key]),
	"details": {
		"config": "rules.output_encryption_required.kms_keys",
		"output": sprintf("out%d", [i]),
		"kms_key": key,
		"allowed": allowed,
	},
}

test_deny_outputs_without_key if {
	r := rule.findings with input as _job([null, "key-1", ""])
		with data.guard.config.rules.output_encryption_required as _config
	r == {_open(0), _open(2)}
}

test_deny_other_key if {
	r := rule.findings with input as _job(["key-1", "key-12"])
		with data.guard.config.rules.output_encryption_required as _config
	r == {_other(1, "key-12", ["alias/ml-*", "key-1"])}
}

test_deny_keys_that_are_no_customer_keys_of_the_account if {
	every key, reason in {
		"alias/aws/s3": "which AWS manages: it is not a customer key",
		"arn:aws:kms:eu-west-1:444455556666:key/x": "which belongs to account 444455556666",
	} {
		r := rule.findings with input as _job([key])
			with data.guard.config.rules.output_encryption_required as {"kms_keys": ["*"]}
		message := sprintf("Output out0 is encrypted with KMS key %s, %s.", [key, reason])
		{finding.message | some finding in r} == {message}
	}
}

test_allow_listed_keys if {
	r := rule.findings with input as _job(["key-1", "alias/ml-team"])
		with data.guard.config.rules.output_encryption_required as _config
	r == set()
}

test_allow_job_without_outputs if {
	r := rule.findings with input as _job([]) with data.guard.config.rules.output_encryption_required as _config
	r == set()
}

test_deny_empty_key_where_any_key_is_allowed if {
	r := rule.findings with input as _job(["", "key-2"])
		with data.guard.config.rules.output_encryption_required as {"level": "deny", "kms_keys": ["*"]}
	r == {_open(0)}
}

test_allow_no_key_where_sagemaker_takes_none if {
	r := rule.findings with input as _job_of("training", [null, null, null])
		with data.guard.config.rules.output_encryption_required as _config
	r == {_open(0), _open(2)}
}

test_deny_no_key_where_only_another_kind_takes_none if {
	r := rule.findings with input as _job([null, null])
		with data.guard.config.rules.output_encryption_required as _config
	r == {_open(0), _open(1)}
}

test_deny_other_key_even_where_sagemaker_takes_none if {
	r := rule.findings with input as _job_of("training", ["key-1", "key-12"])
		with data.guard.config.rules.output_encryption_required as _config
	r == {_other(1, "key-12", ["alias/ml-*", "key-1"])}
}

test_deny_no_key_when_the_lists_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job_of("training", [null]) with data.guard.config.rules as rules
		r == {_open(0)}
	}
}

test_deny_no_key_when_the_outputs_of_a_kind_are_no_list if {
	config := {"level": "deny", "kms_keys": ["*"], "outputs_without_key": {"training": "out0"}}
	r := rule.findings with input as _job_of("training", [null])
		with data.guard.config.rules.output_encryption_required as config
	r == {_open(0)}
}

test_deny_every_key_when_the_list_is_missing if {
	every rules in _unset {
		r := rule.findings with input as _job(["key-1"]) with data.guard.config.rules as rules
		r == {_other(0, "key-1", [])}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "KmsKeyId")

_gap_config := {"kms_keys": ["*"]}

_gaps := [
	{"storage": {"outputs": [{"name": "o", "uri": "s3://b/o", "bucket": "b", "account": null, "kms_key": null}]}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.output_encryption_required as _gap_config
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
