package guard.rules.spot_required_test

import data.guard.rules.spot_required as rule
import data.guard.testing

test_deny_false if {
	r := rule.findings with input as {"compute": {"spot": false}}
	r == {{
		"message": "The job doesn't use managed spot instances.",
		"details": {"config": "rules.spot_required", "spot": false},
	}}
}

test_deny_unknown if {
	r := rule.findings with input as {"compute": {"spot": null}}
	r == {{
		"message": "Whether the job uses managed spot instances is unknown, or its kind has no such setting.",
		"details": {"config": "rules.spot_required", "spot": null},
	}}
}

test_allow_true if {
	r := rule.findings with input as {"compute": {"spot": true}}
	r == set()
}

test_remediation_names_the_field if contains(rule.remediation, "EnableManagedSpotTraining")

test_exports_its_needs if rule.needs == ["spot"]

_gap_config := {}

_gaps := [
	{"compute": {"spot": null}},
	{"compute": {"spot": false}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.spot_required as _gap_config
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
