package guard.plan_test

import data.guard.lib.exemptions
import data.guard.plan
import future.keywords.not

_exemption := {
	"id": "EX-1",
	"owner": "ml-platform",
	"reason": "migration",
	"rules": ["alpha"],
	"scope": {"account": "*", "image": ["a", "b*"]},
	"expires": "2025-06-30",
}

_override := {"region": "us-*", "level": "warn", "globs": ["{region}"]}

_config := {
	"rules": {
		"alpha": {"level": "deny", "globs": ["a-{account}"], "images": {"{account}": {}}},
		"beta": {"level": "off", "globs": ["a"], "overrides": [_override]},
		"gamma": {"level": "off", "overrides": [{"region": "us-*", "level": "off"}]},
		"delta": {"level": "warn", "overrides": [{"region": "us-*"}]},
		"epsilon": {"level": "warn"},
	},
	"exemptions": [_exemption, 7],
}

_rules := object.union(
	{rule_id: {"remediation": "x", "needs": []} | some rule_id in ["beta", "gamma", "delta", "zeta"]},
	{"alpha": {"remediation": "x", "needs": ["vpc"], "kinds": ["labeling"]}},
)

_planned := planned if {
	planned := {
		"rules": plan.rules,
		"scoped": plan.scoped,
		"defects": plan.defects,
		"unnamed": plan.unnamed,
		"exemptions": plan.exemptions,
		"filled": plan.filled,
	} with data.guard.config as _config
		with data.guard.rules as _rules
}

test_rules_that_are_on_for_some_job_have_level_needs_and_kinds if {
	_planned.rules == {
		"alpha": {"level": "deny", "needs": ["vpc"], "kinds": ["labeling"]},
		"beta": {"level": "off", "needs": [], "kinds": []},
		"epsilon": {"level": "warn", "needs": [], "kinds": []},
	}
}

test_overrides_are_prepared if {
	_planned.scoped.beta == [{
		"level": "warn",
		"strictness": "all",
		"scope": {"region": "^(us-.*)$"},
		"keys": {"globs": true, "level": true},
	}]
	object.keys(_planned.scoped) == {"beta", "gamma"}
}

test_defects_are_known_without_a_job if {
	_planned.defects == {
		"delta": [concat(" ", [
			"The level of the rule is wrong: overrides[0]:",
			"must give an account, region, role_arn or job_kind, and a level or a parameter.",
		])],
		"zeta": ["The rule has no level in the configuration."],
	}
	_planned.unnamed == ["epsilon"]
}

test_exemptions_are_prepared if {
	_planned.exemptions == exemptions.prepared([_exemption, 7])
	_planned.exemptions.valid == [{
		"number": 0,
		"id": "EX-1",
		"owner": "ml-platform",
		"rules": ["alpha"],
		"expires": "2025-06-30",
		"from": 946684800000000000,
		"until": 1751327999999999999,
		"scope": {"account": "^(.*)$"},
		"images": {"entries": ["a"], "expression": `(?m)(?:^|/)(?:b[^:@\n]*)$`},
	}]
}

test_parameters_with_facts_of_the_job_are_marked if {
	_planned.filled == {"alpha": {"globs": true}, "beta": {"globs": true}}
}

test_no_exemptions_are_none if {
	plan.exemptions == {"valid": [], "malformed": []} with data.guard.config as {"rules": {}}
}

test_compiled_plan_is_the_plan if {
	compiled := object.union(_planned, {"rules": {"other": {"level": "warn", "needs": []}}})
	found := {
		"rules": plan.rules,
		"scoped": plan.scoped,
		"defects": plan.defects,
		"unnamed": plan.unnamed,
		"exemptions": plan.exemptions,
		"filled": plan.filled,
	} with data.guard.compiled as compiled
		with data.guard.config as {}
		with data.guard.rules as {}
	found == compiled
}
