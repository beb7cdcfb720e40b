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

test_needs_what_it_is_about if rule.needs == ["traffic-encryption"]

_gaps := [
	{"network": {"encrypted_traffic": null}},
	{"network": {"encrypted_traffic": false}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.traffic_encryption_required as {}
}

test_allow_what_could_not_be_read_for_now if {
	every gap in _gaps {
		_gap_findings(gap, "network") == set()
	}
}

test_deny_it_when_another_call_failed[[i, field]] if {
	some i, gap in _gaps
	some field in ["hyperparameters", "network.isolated", "network.vpc"]
	count(_gap_findings(gap, field)) > 0
}
