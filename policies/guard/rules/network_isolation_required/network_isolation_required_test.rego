package guard.rules.network_isolation_required_test

import data.guard.rules.network_isolation_required as rule
import data.guard.testing

test_deny_false if {
	r := rule.findings with input as {"network": {"isolated": false}}
	r == {{
		"message": "The job runs without network isolation.",
		"details": {"config": "rules.network_isolation_required", "isolated": false},
	}}
}

test_deny_unknown if {
	r := rule.findings with input as {"network": {"isolated": null}}
	r == {{
		"message": "Whether the job runs with network isolation is unknown, or its kind has no such setting.",
		"details": {"config": "rules.network_isolation_required", "isolated": null},
	}}
}

test_allow_true if {
	r := rule.findings with input as {"network": {"isolated": true}}
	r == set()
}

test_remediation_names_the_field if contains(rule.remediation, "EnableNetworkIsolation")

test_exports_its_needs if rule.needs == ["network-isolation"]

_gap_config := {}

_gaps := [
	{"network": {"isolated": null}},
	{"network": {"isolated": false}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.network_isolation_required as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "network") == set()
	}
}

test_deny_when_an_unrelated_call_failed[[i, field]] if {
	some i, gap in _gaps
	some field in ["hyperparameters", "network.vpc"]
	count(_gap_findings(gap, field)) > 0
}
