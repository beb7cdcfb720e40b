package guard.rules.volume_size_test

import data.guard.rules.volume_size as rule

_config := {"level": "deny", "max_gb": 100}

_job(volume, group) := {
	"storage": {"volumes": [{"name": "ResourceConfig", "size_gb": volume}]},
	"compute": {"instances": [{"type": "ml.m5.large", "volume_size_gb": group}]},
}

_finding(name, size, limit) := {
	"message": sprintf("The volume of %s has %d GB; at most %d are allowed.", [name, size, limit]),
	"details": {"config": "rules.volume_size.max_gb", "volume": name, "size_gb": size, "limit": limit},
}

test_allow_volumes_up_to_the_limit if {
	r := rule.findings with input as _job(100, 99) with data.guard.config.rules.volume_size as _config
	r == set()
}

test_allow_volumes_without_a_size if {
	r := rule.findings with input as _job(null, null) with data.guard.config.rules.volume_size as _config
	r == set()
}

test_deny_larger_volumes if {
	r := rule.findings with input as _job(101, 102) with data.guard.config.rules.volume_size as _config
	r == {_finding("ResourceConfig", 101, 100), _finding("instances of type ml.m5.large", 102, 100)}
}

test_allow_a_document_from_before_the_field if {
	document := {"storage": {"volumes": [{"name": "a"}]}, "compute": {"instances": [{"type": "a"}]}}
	r := rule.findings with input as document with data.guard.config.rules.volume_size as _config
	r == set()
}

test_deny_every_size_when_the_limit_is_missing if {
	every rules in [{}, {"volume_size": {"max_gb": "9"}}] {
		r := rule.findings with input as _job(1, null) with data.guard.config.rules as rules
		r == {_finding("ResourceConfig", 1, 0)}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "VolumeSizeInGB")
