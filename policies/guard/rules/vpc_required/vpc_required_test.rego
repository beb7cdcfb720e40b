package guard.rules.vpc_required_test

import data.guard.rules.vpc_required as rule
import data.guard.testing

_unset := [
	{},
	{"vpc_required": null},
	{"vpc_required": {"subnets": null, "security_groups": null}},
	{"vpc_required": {"subnets": "*", "security_groups": "*"}},
]

_config := {"level": "deny", "subnets": ["subnet-a*", "subnet-b1"], "security_groups": ["sg-1"]}

_job(subnets, groups) := {"network": {"vpc": {"subnets": subnets, "security_groups": groups}}}

_subnet(subnet) := {
	"message": sprintf("The job runs in subnet %s, which is not allowed.", [subnet]),
	"details": {"config": "rules.vpc_required.subnets", "subnet": subnet, "allowed": ["subnet-a*", "subnet-b1"]},
}

_group(group) := {
	"message": sprintf("The job uses security group %s, which is not allowed.", [group]),
	"details": {"config": "rules.vpc_required.security_groups", "security_group": group, "allowed": ["sg-1"]},
}

test_deny_job_outside_a_vpc if {
	r := rule.findings with input as {"network": {"vpc": null}} with data.guard.config.rules.vpc_required as _config
	r == {{
		"message": "The job, or one of its definitions, runs outside a customer VPC, or its kind has no such setting.",
		"details": {"config": "rules.vpc_required", "vpc": null},
	}}
}

test_allow_listed_subnets_and_groups if {
	r := rule.findings with input as _job(["subnet-a1", "subnet-b1"], ["sg-1"])
		with data.guard.config.rules.vpc_required as _config
	r == set()
}

test_deny_each_other_subnet if {
	r := rule.findings with input as _job(["subnet-a1", "subnet-b12", "subnet-c"], ["sg-1"])
		with data.guard.config.rules.vpc_required as _config
	r == {_subnet("subnet-b12"), _subnet("subnet-c")}
}

test_deny_other_security_group if {
	r := rule.findings with input as _job(["subnet-a1"], ["sg-1", "sg-12"])
		with data.guard.config.rules.vpc_required as _config
	r == {_group("sg-12")}
}

test_deny_vpc_without_subnets_and_groups if {
	r := rule.findings with input as _job([], []) with data.guard.config.rules.vpc_required as _config
	r == {
		{
			"message": "The job's VPC configuration names no subnet.",
			"details": {
				"config": "rules.vpc_required.subnets",
				"subnet": null,
				"allowed": ["subnet-a*", "subnet-b1"],
			},
		},
		{
			"message": "The job's VPC configuration names no security group.",
			"details": {"config": "rules.vpc_required.security_groups", "security_group": null, "allowed": ["sg-1"]},
		},
	}
}

test_deny_everything_when_the_lists_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job(["subnet-a1"], ["sg-1"]) with data.guard.config.rules as rules
		r == {
			{
				"message": "The job runs in subnet subnet-a1, which is not allowed.",
				"details": {"config": "rules.vpc_required.subnets", "subnet": "subnet-a1", "allowed": []},
			},
			{
				"message": "The job uses security group sg-1, which is not allowed.",
				"details": {"config": "rules.vpc_required.security_groups", "security_group": "sg-1", "allowed": []},
			},
		}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "VpcConfig")

test_exports_its_needs if rule.needs == ["vpc"]

_gap_config := {"subnets": ["*"], "security_groups": ["*"]}

_gaps := [
	{"network": {"vpc": null}},
	{"network": {"vpc": {"subnets": [], "security_groups": []}}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.vpc_required as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "network") == set()
	}
}

test_deny_when_an_unrelated_call_failed[[i, field]] if {
	some i, gap in _gaps
	some field in ["hyperparameters", "network.isolated"]
	count(_gap_findings(gap, field)) > 0
}
