package guard.rules.max_runtime_test

import data.guard.rules.max_runtime as rule
import data.guard.testing

_unset := [
	{},
	{"max_runtime": null},
	{"max_runtime": {"seconds": null}},
	{"max_runtime": {"seconds": "*"}},
]

_config := {"level": "deny", "seconds": 3600}

_runtime(seconds) := {"compute": {"max_runtime_seconds": seconds}}

test_deny_longer_runtime if {
	r := rule.findings with input as _runtime(3601) with data.guard.config.rules.max_runtime as _config
	r == {{
		"message": "The job may run for 3601 seconds; at most 3600 are allowed.",
		"details": {"config": "rules.max_runtime.seconds", "max_runtime_seconds": 3601, "limit": 3600},
	}}
}

test_allow_exactly_the_limit if {
	r := rule.findings with input as _runtime(3600) with data.guard.config.rules.max_runtime as _config
	r == set()
}

test_allow_shorter_runtime if {
	r := rule.findings with input as _runtime(60) with data.guard.config.rules.max_runtime as _config
	r == set()
}

test_deny_job_without_limit if {
	r := rule.findings with input as _runtime(null) with data.guard.config.rules.max_runtime as _config
	r == {{
		"message": "The job sets no limit to its runtime; at most 3600 seconds are allowed.",
		"details": {"config": "rules.max_runtime.seconds", "max_runtime_seconds": null, "limit": 3600},
	}}
}

_retried(attempts) := {"compute": {"max_runtime_seconds": 60, "max_retries": attempts}}

test_deny_more_retries if {
	r := rule.findings with input as _retried(3)
		with data.guard.config.rules.max_runtime as {"seconds": 60, "max_retries": 2}
	r == {{
		"message": "SageMaker may restart the job 3 times; at most 2 are allowed.",
		"details": {"config": "rules.max_runtime.max_retries", "max_retries": 3, "limit": 2},
	}}
}

test_allow_retries_up_to_the_limit[attempts] if {
	some attempts in [2, 0, null]
	r := rule.findings with input as _retried(attempts)
		with data.guard.config.rules.max_runtime as {"seconds": 60, "max_retries": 2}
	r == set()
}

test_allow_any_retries_without_a_limit if {
	every limit in [null, "1"] {
		r := rule.findings with input as _retried(30)
			with data.guard.config.rules.max_runtime as {"seconds": 60, "max_retries": limit}
		r == set()
	}
}

test_deny_everything_when_the_parameter_is_missing if {
	every rules in _unset {
		r := rule.findings with input as _runtime(1) with data.guard.config.rules as rules
		r == {{
			"message": "The job may run for 1 seconds; at most 0 are allowed.",
			"details": {"config": "rules.max_runtime.seconds", "max_runtime_seconds": 1, "limit": 0},
		}}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "MaxRuntimeInSeconds")

test_exports_its_needs if rule.needs == ["max-runtime"]

_gap_config := {"seconds": 60}

_gaps := [
	{"compute": {"max_runtime_seconds": null}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.max_runtime as _gap_config
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
