package guard.rules.omitted_facts_test

import data.guard.rules.omitted_facts as rule

test_deny_settings_that_are_left_out if {
	r := rule.findings with input as {"settings_omitted": 3}
	r == {{
		"message": "The settings are too long to be checked: 3 of them were left out.",
		"details": {"omitted": 3},
	}}
}

test_deny_one_setting_that_is_left_out if {
	r := rule.findings with input as {"settings_omitted": 1}
	r == {{
		"message": "The settings are too long to be checked: 1 of them were left out.",
		"details": {"omitted": 1},
	}}
}

test_deny_entries_that_are_left_out if {
	every omitted in [1, 3400] {
		r := rule.findings with input as {"entries_omitted": omitted, "settings_omitted": 0}
		r == {{
			"message": sprintf("The job has more images or places than can be checked: %d of them were left out.", [omitted]),
			"details": {"omitted": omitted},
		}}
	}
}

test_allow_when_every_fact_is_there if {
	every document in [
		{"settings_omitted": null, "entries_omitted": null},
		{"settings_omitted": 0, "entries_omitted": 0},
		{},
	] {
		r := rule.findings with input as document
		r == set()
	}
}

test_remediation_says_what_to_shorten if contains(rule.remediation, "environment variables")
