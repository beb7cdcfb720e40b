package guard.rules.denied_instance_type_test

import data.guard.rules.denied_instance_type as rule
import data.guard.testing

_unset := [
	{},
	{"denied_instance_type": null},
	{"denied_instance_type": {"instance_types": null}},
	{"denied_instance_type": {"instance_types": "*"}},
]

_config := {"level": "deny", "instance_types": ["ml.p4*", "ml.*.48xlarge", "ml.p4d.*"]}

_job(types) := {"compute": {"instances": [{"type": type, "count": 1} | some type in types]}}

_denied(type, number, entry) := {
	"message": sprintf("Instance type %s is denied by the entry %q.", [type, entry]),
	"details": {
		"config": sprintf("rules.denied_instance_type.instance_types[%d]", [number]),
		"instance_type": type,
		"entry": entry,
	},
}

test_deny_by_the_first_entry_that_matches if {
	r := rule.findings with input as _job(["ml.p4d.24xlarge"])
		with data.guard.config.rules.denied_instance_type as _config
	r == {_denied("ml.p4d.24xlarge", 0, "ml.p4*")}
}

test_deny_each_instance_group if {
	r := rule.findings with input as _job(["ml.m5.large", "ml.g5.48xlarge", "ml.p4de.24xlarge"])
		with data.guard.config.rules.denied_instance_type as _config
	r == {_denied("ml.g5.48xlarge", 1, "ml.*.48xlarge"), _denied("ml.p4de.24xlarge", 0, "ml.p4*")}
}

test_allow_near_misses if {
	r := rule.findings with input as _job(["ml.p3.2xlarge", "ml.g5.24xlarge", "p4d.24xlarge"])
		with data.guard.config.rules.denied_instance_type as _config
	r == set()
}

test_deny_unknown_type if {
	r := rule.findings with input as _job(["ml.m5.large", null])
		with data.guard.config.rules.denied_instance_type as _config
	r == {{
		"message": "The type of an instance is unknown, so it can't be compared with the denied ones.",
		"details": {"config": "rules.denied_instance_type.instance_types", "instance_type": null},
	}}
}

test_deny_job_without_instances if {
	r := rule.findings with input as _job([]) with data.guard.config.rules.denied_instance_type as _config
	r == {{
		"message": "The job names no instances, so their types can't be compared with the denied ones.",
		"details": {"config": "rules.denied_instance_type.instance_types", "instance_type": null},
	}}
}

test_deny_every_type_when_the_list_is_missing if {
	every rules in _unset {
		r := rule.findings with input as _job(["ml.m5.large"]) with data.guard.config.rules as rules
		r == {_denied("ml.m5.large", 0, "*")}
	}
}

test_allow_every_type_when_the_list_is_empty if {
	r := rule.findings with input as _job(["ml.m5.large"])
		with data.guard.config.rules.denied_instance_type as {"level": "deny", "instance_types": []}
	r == set()
}

test_remediation_says_what_to_do if contains(rule.remediation, "instance type")

test_exports_its_needs if rule.needs == ["instances"]

_gap_config := {"instance_types": []}

_gaps := [
	{"compute": {"instances": []}},
	{"compute": {"instances": [{"type": null, "count": 1}]}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.denied_instance_type as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "compute") == set()
	}
}

test_deny_when_an_unrelated_call_failed if {
	every gap in _gaps {
		count(_gap_findings(gap, "hyperparameters")) > 0
	}
}
