package guard.rules.network_isolation_required_test

import data.guard.rules.network_isolation_required as rule

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
