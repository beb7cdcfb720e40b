package guard.rules.denied_role_test

import data.guard.rules.denied_role as rule
import data.guard.testing

_unset := [
	{},
	{"denied_role": null},
	{"denied_role": {"denied": null, "allowed": null}},
	{"denied_role": {"denied": "*", "allowed": "*"}},
]

_config := {"level": "deny", "denied": ["*:role/Admin*", "*/old-*"], "allowed": ["arn:aws:iam::123456789012:role/*"]}

_job(roles) := {"job": {"role_arns": [sprintf("arn:aws:iam::%s", [role]) | some role in roles]}}

_denied(role, number, entry) := {
	"message": sprintf("The execution role arn:aws:iam::%s is denied by the entry %q.", [role, entry]),
	"details": {
		"config": sprintf("rules.denied_role.denied[%d]", [number]),
		"role_arn": sprintf("arn:aws:iam::%s", [role]),
		"entry": entry,
	},
}

_other(role, allowed) := {
	"message": sprintf("The execution role arn:aws:iam::%s is not allowed.", [role]),
	"details": {
		"config": "rules.denied_role.allowed",
		"role_arn": sprintf("arn:aws:iam::%s", [role]),
		"allowed": allowed,
	},
}

test_allow_allowed_role if {
	r := rule.findings with input as _job(["123456789012:role/ml", "123456789012:role/team/ml"])
		with data.guard.config.rules.denied_role as _config
	r == set()
}

test_deny_denied_role if {
	r := rule.findings with input as _job(["123456789012:role/Administrator"])
		with data.guard.config.rules.denied_role as _config
	r == {_denied("123456789012:role/Administrator", 0, "*:role/Admin*")}
}

test_names_compare_as_iam_compares_them if {
	r := rule.findings with input as _job(["123456789012:role/ADMINistrator", "123456789012:ROLE/ml"])
		with data.guard.config.rules.denied_role as _config
	r == {_denied("123456789012:role/ADMINistrator", 0, "*:role/Admin*")}
}

test_deny_each_role if {
	r := rule.findings with input as _job(["123456789012:role/ml", "123456789012:role/old-1", "210987654321:role/ml"])
		with data.guard.config.rules.denied_role as _config
	r == {
		_denied("123456789012:role/old-1", 1, "*/old-*"),
		_other("210987654321:role/ml", ["arn:aws:iam::123456789012:role/*"]),
	}
}

test_deny_unknown_role if {
	r := rule.findings with input as _job([]) with data.guard.config.rules.denied_role as _config
	r == {{
		"message": "The execution role of the job is unknown.",
		"details": {"config": "rules.denied_role", "role_arn": null},
	}}
}

test_deny_every_role_when_the_lists_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job(["123456789012:role/ml"]) with data.guard.config.rules as rules
		r == {_denied("123456789012:role/ml", 0, "*"), _other("123456789012:role/ml", [])}
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "execution role")

_gap_config := {"denied": [], "allowed": ["*"]}

_gaps := [
	{"job": {"role_arn": null, "role_arns": []}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.denied_role as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "job.role_arns") == set()
	}
}

test_deny_when_an_unrelated_call_failed if {
	every gap in _gaps {
		count(_gap_findings(gap, "hyperparameters")) > 0
	}
}
