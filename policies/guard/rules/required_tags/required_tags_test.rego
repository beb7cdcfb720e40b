package guard.rules.required_tags_test

import data.guard.rules.required_tags as rule
import data.guard.testing

_unset := [
	{},
	{"required_tags": null},
	{"required_tags": {"tags": null}},
	{"required_tags": {"tags": "*"}},
]

_config := {"level": "deny", "tags": {"team": ["*"], "stage": ["dev", "prod-*"]}}

_job(tags) := {"job": {"tags": tags}}

_finding(message, tag, value) := {"message": message, "details": {
	"config": sprintf("rules.required_tags.tags[%s]", [tag]),
	"tag": tag,
	"value": value,
	"allowed": _config.tags[tag],
}}

test_allow_all_tags if {
	r := rule.findings with input as _job({"team": "x", "stage": "prod-1", "other": "y"})
		with data.guard.config.rules.required_tags as _config
	r == set()
}

test_deny_missing_tag if {
	r := rule.findings with input as _job({"stage": "dev"}) with data.guard.config.rules.required_tags as _config
	r == {_finding("The required tag \"team\" is missing.", "team", null)}
}

test_deny_tag_in_other_letters if {
	r := rule.findings with input as _job({"Team": "x", "stage": "dev"})
		with data.guard.config.rules.required_tags as _config
	r == {_finding("The required tag \"team\" is missing.", "team", null)}
}

test_deny_every_tag_of_a_job_without_tags if {
	r := rule.findings with input as _job({}) with data.guard.config.rules.required_tags as _config
	r == {
		_finding("The required tag \"team\" is missing.", "team", null),
		_finding("The required tag \"stage\" is missing.", "stage", null),
	}
}

test_allow_tag_with_empty_value if {
	r := rule.findings with input as _job({"team": "", "stage": "dev"})
		with data.guard.config.rules.required_tags as _config
	r == set()
}

test_deny_other_value if {
	r := rule.findings with input as _job({"team": "x", "stage": "development"})
		with data.guard.config.rules.required_tags as _config
	message := "The tag \"stage\" has the value \"development\", which is not allowed."
	r == {_finding(message, "stage", "development")}
}

test_deny_unreadable_tags if {
	r := rule.findings with input as _job(null) with data.guard.config.rules.required_tags as _config
	r == {
		_finding("The tag \"team\" is required, and the tags of the job could not be read.", "team", null),
		_finding("The tag \"stage\" is required, and the tags of the job could not be read.", "stage", null),
	}
}

test_deny_everything_when_the_mapping_is_missing if {
	every rules in _unset {
		r := rule.findings with input as _job({"team": "x"}) with data.guard.config.rules as rules
		r == {{
			"message": "The rule is on, but its configuration doesn't say which tags are required.",
			"details": {"config": "rules.required_tags.tags", "tag": null, "value": null, "allowed": null},
		}}
	}
}

test_allow_everything_when_no_tag_is_required if {
	r := rule.findings with input as _job(null)
		with data.guard.config.rules.required_tags as {"level": "deny", "tags": {}}
	r == set()
}

test_remediation_says_what_to_do if contains(rule.remediation, "tag")

_gap_config := {"tags": {"cost-centre": ["*"]}}

_gaps := [
	{"job": {"tags": null}},
	{"job": {"tags": {"a": "b"}}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.required_tags as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "job.tags") == set()
	}
}

test_deny_when_an_unrelated_call_failed if {
	every gap in _gaps {
		count(_gap_findings(gap, "hyperparameters")) > 0
	}
}
