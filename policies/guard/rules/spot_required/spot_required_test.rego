package guard.rules.spot_required_test

import data.guard.rules.spot_required as rule

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
