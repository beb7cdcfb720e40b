package guard.rules.instance_count_test

import data.guard.rules.instance_count as rule
import data.guard.testing

_unset := [
	{},
	{"instance_count": null},
	{"instance_count": {"max_per_group": null, "max_total": null}},
	{"instance_count": {"max_per_group": "*", "max_total": "*"}},
]

_config := {"level": "deny", "max_per_group": 4, "max_total": 6}

_job(sizes) := {"compute": {"instances": [{"type": "ml.m5.large", "count": size} | some size in sizes]}}

_group(size) := {
	"message": sprintf("A group has %d instances of type ml.m5.large; at most 4 are allowed.", [size]),
	"details": {
		"config": "rules.instance_count.max_per_group",
		"instance_type": "ml.m5.large",
		"count": size,
		"limit": 4,
	},
}

_total(size) := {
	"message": sprintf("The job has %d instances; at most 6 are allowed.", [size]),
	"details": {"config": "rules.instance_count.max_total", "count": size, "limit": 6},
}

_unknown := {
	"message": "The number of instances of type ml.m5.large is unknown.",
	"details": {
		"config": "rules.instance_count.max_per_group",
		"instance_type": "ml.m5.large",
		"count": null,
		"limit": 4,
	},
}

test_deny_too_large_group if {
	r := rule.findings with input as _job([5]) with data.guard.config.rules.instance_count as _config
	r == {_group(5)}
}

test_deny_too_many_in_all if {
	r := rule.findings with input as _job([4, 3]) with data.guard.config.rules.instance_count as _config
	r == {_total(7)}
}

test_deny_both if {
	r := rule.findings with input as _job([2, 5]) with data.guard.config.rules.instance_count as _config
	r == {_group(5), _total(7)}
}

test_allow_exactly_the_limits if {
	r := rule.findings with input as _job([4, 2]) with data.guard.config.rules.instance_count as _config
	r == set()
}

_chosen(size, list) := {"type": "ml.m5.large", "count": size, "one_of": list}

_choosing(groups) := {"compute": {"instances": groups}}

test_count_the_largest_of_alternatives if {
	groups := [_chosen(3, "a"), _chosen(4, "a"), _chosen(2, "a"), _chosen(1, "b"), _chosen(2, null)]
	r := rule.findings with input as _choosing(groups) with data.guard.config.rules.instance_count as _config
	r == {_total(7)}
}

test_allow_alternatives_that_fit_one_by_one if {
	groups := [_chosen(4, "a"), _chosen(4, "a"), _chosen(2, "b"), _chosen(1, "b")]
	r := rule.findings with input as _choosing(groups) with data.guard.config.rules.instance_count as _config
	r == set()
}

test_deny_a_large_alternative_although_another_may_run if {
	groups := [_chosen(1, "a"), _chosen(5, "a")]
	r := rule.findings with input as _choosing(groups) with data.guard.config.rules.instance_count as _config
	r == {_group(5)}
}

test_deny_an_alternative_with_an_unknown_count if {
	groups := [_chosen(1, "a"), _chosen(null, "a")]
	r := rule.findings with input as _choosing(groups) with data.guard.config.rules.instance_count as _config
	r == {_unknown}
}

test_an_unknown_alternative_leaves_the_others_to_be_counted if {
	groups := [_chosen(null, "a"), _chosen(4, null), _chosen(3, "b")]
	r := rule.findings with input as _choosing(groups) with data.guard.config.rules.instance_count as _config
	r == {_unknown, _total(7)}
}

_defined(size, definition) := {"type": "ml.m5.large", "count": size, "one_of": null, "definition": definition}

_tuning(groups, jobs) := {"compute": {"instances": groups, "max_parallel_jobs": jobs}}

test_count_the_largest_of_several_definitions_for_each_training_job if {
	groups := [_defined(1, "a"), _defined(1, "a"), _defined(3, "b"), _defined(2, "c")]
	r := rule.findings with input as _tuning(groups, 3) with data.guard.config.rules.instance_count as _config
	r == {_total(9)}
}

test_allow_definitions_that_fit_one_by_one if {
	groups := [_defined(3, "a"), _defined(3, "b"), _defined(3, "c")]
	r := rule.findings with input as _tuning(groups, 2) with data.guard.config.rules.instance_count as _config
	r == set()
}

_preferred(size, definition) := object.union(_chosen(size, "list"), {"definition": definition})

test_count_alternatives_within_their_definition if {
	groups := [_preferred(2, "a"), _preferred(1, "a"), _defined(2, "a"), _preferred(3, "b")]
	r := rule.findings with input as _tuning(groups, 2) with data.guard.config.rules.instance_count as _config
	r == {_total(8)}
}

_parallel(sizes, jobs) := {"compute": object.union(_job(sizes).compute, {"max_parallel_jobs": jobs})}

test_count_what_runs_at_the_same_time if {
	r := rule.findings with input as _parallel([2, 1], 3) with data.guard.config.rules.instance_count as _config
	r == {_total(9)}
}

test_allow_what_runs_at_the_same_time_up_to_the_limit if {
	r := rule.findings with input as _parallel([2, 1], 2) with data.guard.config.rules.instance_count as _config
	r == set()
}

test_count_at_least_one_job[jobs] if {
	some jobs in [0, 1, null, -1]
	r := rule.findings with input as _parallel([4, 3], jobs) with data.guard.config.rules.instance_count as _config
	r == {_total(7)}
}

test_deny_unknown_count_beside_a_known_one if {
	r := rule.findings with input as _job([null, 3]) with data.guard.config.rules.instance_count as _config
	r == {_unknown}
}

test_unknown_count_does_not_hide_the_total if {
	r := rule.findings with input as _job([null, 4, 3]) with data.guard.config.rules.instance_count as _config
	r == {_unknown, _total(7)}
}

test_message_of_an_unknown_type if {
	r := rule.findings with input as {"compute": {"instances": [{"type": null, "count": 5}]}}
		with data.guard.config.rules.instance_count as _config
	r == {{
		"message": "A group has 5 instances of type null; at most 4 are allowed.",
		"details": {"config": "rules.instance_count.max_per_group", "instance_type": null, "count": 5, "limit": 4},
	}}
}

test_deny_job_without_instances if {
	r := rule.findings with input as _job([]) with data.guard.config.rules.instance_count as _config
	r == {{
		"message": "The job names no instances; at most 6 are allowed.",
		"details": {"config": "rules.instance_count.max_total", "count": null, "limit": 6},
	}}
}

test_deny_everything_when_the_limits_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job([1]) with data.guard.config.rules as rules
		{[finding.details.config, finding.details.limit] | some finding in r} == {
			["rules.instance_count.max_per_group", 0],
			["rules.instance_count.max_total", 0],
		}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "InstanceCount")

test_exports_its_needs if rule.needs == ["instance-count"]

_gap_config := {"max_per_group": 1, "max_total": 1}

_gaps := [
	{"compute": {"instances": []}},
	{"compute": {"instances": [{"type": "ml.m5.large", "count": null}]}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.instance_count as _gap_config
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
