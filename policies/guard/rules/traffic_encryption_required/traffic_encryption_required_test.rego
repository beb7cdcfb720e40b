package guard.rules.traffic_encryption_required_test

import data.guard.rules.traffic_encryption_required as rule
import data.guard.testing

test_deny_false if {
	r := rule.findings with input as {"network": {"encrypted_traffic": false}}
	r == {{
		"message": "The job doesn't encrypt the traffic between its containers.",
		"details": {"config": "rules.traffic_encryption_required", "encrypted_traffic": false},
	}}
}

test_deny_unknown if {
	r := rule.findings with input as {"network": {"encrypted_traffic": null}}
	r == {{
		"message": "Whether the job encrypts the traffic between its containers is unknown, or its kind has no such setting.",
		"details": {"config": "rules.traffic_encryption_required", "encrypted_traffic": null},
	}}
}

test_allow_true if {
	r := rule.findings with input as {"network": {"encrypted_traffic": true}}
	r == set()
}

test_remediation_names_the_field if contains(rule.remediation, "EnableInterContainerTrafficEncryption")

test_exports_its_needs if rule.needs == ["traffic-encryption"]

_gaps := [
	{"network": {"encrypted_traffic": null}},
	{"network": {"encrypted_traffic": false}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.traffic_encryption_required as {}
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "network") == set()
	}
}

test_deny_when_an_unrelated_call_failed[[i, field]] if {
	some i, gap in _gaps
	some field in ["hyperparameters", "network.isolated", "network.vpc"]
	count(_gap_findings(gap, field)) > 0
}
