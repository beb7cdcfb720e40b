package guard.rules.tuning_limits_test

import data.guard.rules.tuning_limits as rule
import data.guard.testing

_config := {"level": "deny", "max_jobs": 20, "max_parallel_jobs": 4}

_job(kind, jobs, parallel) := {"job": {"kind": kind}, "compute": {"max_jobs": jobs, "max_parallel_jobs": parallel}}

_many(jobs, limit) := {
	"message": sprintf("The job may start %d jobs; at most %d are allowed.", [jobs, limit]),
	"details": {"config": "rules.tuning_limits.max_jobs", "max_jobs": jobs, "limit": limit},
}

_parallel(jobs, limit) := {
	"message": sprintf("The job may run %d jobs at the same time; at most %d are allowed.", [jobs, limit]),
	"details": {"config": "rules.tuning_limits.max_parallel_jobs", "max_parallel_jobs": jobs, "limit": limit},
}

_unlimited(limit) := {
	"message": sprintf("The job sets no limit to the jobs that it starts; at most %d are allowed.", [limit]),
	"details": {"config": "rules.tuning_limits.max_jobs", "max_jobs": null, "limit": limit},
}

test_allow_jobs_up_to_the_limits if {
	every kind in ["hyperparameter-tuning", "automl"] {
		r := rule.findings with input as _job(kind, 20, 4) with data.guard.config.rules.tuning_limits as _config
		r == set()
	}
}

test_deny_more_jobs if {
	every kind in ["hyperparameter-tuning", "automl"] {
		r := rule.findings with input as _job(kind, 21, 5) with data.guard.config.rules.tuning_limits as _config
		r == {_many(21, 20), _parallel(5, 4)}
	}
}

test_deny_a_tuning_job_without_a_limit if {
	r := rule.findings with input as _job("hyperparameter-tuning", null, 1)
		with data.guard.config.rules.tuning_limits as _config
	r == {_unlimited(20)}
}

test_allow_other_jobs_without_a_limit if {
	every kind in ["training", "automl"] {
		r := rule.findings with input as _job(kind, null, null) with data.guard.config.rules.tuning_limits as _config
		r == set()
	}
}

test_deny_every_number_when_the_limits_are_missing if {
	every rules in [{}, {"tuning_limits": {"max_jobs": "9", "max_parallel_jobs": "9"}}] {
		r := rule.findings with input as _job("automl", 1, 1) with data.guard.config.rules as rules
		r == {_many(1, 0), _parallel(1, 0)}
	}
}

_gap := {"job": {"kind": "hyperparameter-tuning"}, "compute": {"max_jobs": null, "max_parallel_jobs": null}}

test_allow_while_the_fact_is_unavailable if {
	r := rule.findings with input as testing.input_without(_gap, "compute")
		with data.guard.config.rules.tuning_limits as _config
	r == set()
}

test_deny_when_an_unrelated_call_failed if {
	r := rule.findings with input as testing.input_without(_gap, "environment")
		with data.guard.config.rules.tuning_limits as _config
	r == {_unlimited(20)}
}

test_remediation_names_the_field if contains(rule.remediation, "MaxParallelTrainingJobs")

test_exports_its_kinds if rule.kinds == ["hyperparameter-tuning", "automl", "inference-recommendations"]
