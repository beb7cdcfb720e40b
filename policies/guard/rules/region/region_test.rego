package guard.rules.region_test

import data.guard.rules.region as rule

_unset := [
	{},
	{"region": null},
	{"region": {"regions": null}},
	{"region": {"regions": "*"}},
]

_config := {"level": "deny", "regions": ["eu-west-1", "eu-central-*"]}

test_deny_other_region if {
	r := rule.findings with input as {"region": "us-east-1"} with data.guard.config.rules.region as _config
	r == {{
		"message": "The job runs in region us-east-1; allowed are: eu-west-1, eu-central-*.",
		"details": {
			"config": "rules.region.regions",
			"region": "us-east-1",
			"allowed": ["eu-west-1", "eu-central-*"],
		},
	}}
}

test_allow_listed_region if {
	r := rule.findings with input as {"region": "eu-west-1"} with data.guard.config.rules.region as _config
	r == set()
}

test_allow_region_of_a_glob if {
	r := rule.findings with input as {"region": "eu-central-2"} with data.guard.config.rules.region as _config
	r == set()
}

test_deny_longer_name_than_listed if {
	r := rule.findings with input as {"region": "eu-west-11"} with data.guard.config.rules.region as _config
	{finding.details.region | some finding in r} == {"eu-west-11"}
}

test_deny_every_region_when_the_list_is_missing if {
	every rules in _unset {
		r := rule.findings with input as {"region": "eu-west-1"} with data.guard.config.rules as rules
		r == {{
			"message": "The job runs in region eu-west-1; allowed are: .",
			"details": {"config": "rules.region.regions", "region": "eu-west-1", "allowed": []},
		}}
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "regions")
