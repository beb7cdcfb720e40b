package guard.rules.keep_alive_test

import data.guard.rules.keep_alive as rule
import data.guard.testing

_unset := [
	{},
	{"keep_alive": null},
	{"keep_alive": {"max_seconds": null}},
	{"keep_alive": {"max_seconds": "*"}},
]

_config := {"level": "deny", "max_seconds": 600}

_kept(seconds) := {"compute": {"keep_alive_seconds": seconds}}

test_deny_longer_warm_pool if {
	r := rule.findings with input as _kept(601) with data.guard.config.rules.keep_alive as _config
	r == {{
		"message": "The job keeps its instances for 601 seconds; at most 600 are allowed.",
		"details": {"config": "rules.keep_alive.max_seconds", "keep_alive_seconds": 601, "limit": 600},
	}}
}

test_allow_exactly_the_limit if {
	r := rule.findings with input as _kept(600) with data.guard.config.rules.keep_alive as _config
	r == set()
}

test_allow_no_warm_pool if {
	r := rule.findings with input as _kept(0) with data.guard.config.rules.keep_alive as _config
	r == set()
}

test_deny_unknown_time if {
	r := rule.findings with input as _kept(null) with data.guard.config.rules.keep_alive as _config
	r == {{
		"message": "How long the job keeps its instances is unknown; at most 600 seconds are allowed.",
		"details": {"config": "rules.keep_alive.max_seconds", "keep_alive_seconds": null, "limit": 600},
	}}
}

test_deny_every_warm_pool_when_the_parameter_is_missing if {
	every rules in _unset {
		r := rule.findings with input as _kept(1) with data.guard.config.rules as rules
		r == {{
			"message": "The job keeps its instances for 1 seconds; at most 0 are allowed.",
			"details": {"config": "rules.keep_alive.max_seconds", "keep_alive_seconds": 1, "limit": 0},
		}}
	}
}

test_allow_no_warm_pool_when_the_parameter_is_missing if {
	every rules in _unset {
		r := rule.findings with input as _kept(0) with data.guard.config.rules as rules
		r == set()
	}
}

test_remediation_names_the_field if contains(rule.remediation, "KeepAlivePeriodInSeconds")

test_exports_its_needs if rule.needs == ["warm-pool"]

_gap_config := {"max_seconds": 0}

_gaps := [
	{"compute": {"keep_alive_seconds": null}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.keep_alive as _gap_config
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
