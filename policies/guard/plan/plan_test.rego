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
		"alpha": {"level": "deny", "globs": ["a-{account}"], "others": ["a-*"], "images": {"{account}": {}}},
		"beta": {"level": "off", "globs": ["a"], "overrides": [_override]},
		"gamma": {"level": "off", "overrides": [{"region": "us-*", "level": "off"}]},
		"delta": {"level": "warn", "overrides": [{"region": "us-*"}]},
		"epsilon": {"level": "warn", "overrides": []},
	},
	"exemptions": [_exemption, 7],
}

_rules := object.union(
	{rule_id: {"remediation": "x", "needs": []} | some rule_id in ["beta", "gamma", "delta", "zeta"]},
	{
		"alpha": {"remediation": "x", "needs": ["vpc"], "kinds": ["labeling"], "in_place": ["images"]},
		"beta": {"remediation": "x", "kinds": ["labelling"]},
		"gamma": {"remediation": "x", "kinds": ["labeling"]},
	},
)

_planned := planned if {
	planned := {
		"rules": plan.rules,
		"stamps": plan.stamps,
		"limits": plan.limits,
		"scoped": plan.scoped,
		"defects": plan.defects,
		"unnamed": plan.unnamed,
		"exemptions": plan.exemptions,
		"sections": plan.sections,
		"given": plan.given,
		"filled": plan.filled,
	} with data.guard.config as _config
		with data.guard.rules as _rules
}

test_rules_that_are_on_for_some_job_have_a_level if {
	_planned.rules == {"alpha": "deny", "beta": "off", "epsilon": "warn"}
}

test_findings_of_rules_without_overrides_are_stamped if {
	_planned.stamps == {"alpha": {"rule_id": "alpha", "level": "deny", "level_source": "level", "remediation": "x"}}
}

test_rule_without_a_text_as_remediation_has_no_stamp if {
	plan.stamps == {} with data.guard.config as {"rules": {"alpha": {"level": "deny"}}}
		with data.guard.rules as {"alpha": {"remediation": 7}}
}

test_limits_list_rules_by_part_and_kind if {
	_planned.limits.needs == {"vpc": ["alpha"]}
	_planned.limits.unknown_kinds == ["alpha"]
	_planned.limits.kinds.labeling == []
	_planned.limits.kinds.training == ["alpha"]
}

test_needs_that_are_no_list_of_parts_demand_nothing if {
	every needs in [null, "vpc", {"vpc": true}, {"part": "vpc"}, ["vcp"], [null]] {
		limits := plan.limits with data.guard.config as _config
			with data.guard.rules as {"alpha": {"remediation": "x", "needs": needs}}
		limits.needs == {}
	}
}

test_overrides_are_prepared if {
	_planned.scoped.beta.overrides == [{
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

_problem(override) := problem if {
	section := {"level": "deny", "globs": ["a"], "overrides": [object.union({"region": "us-*"}, override)]}
	[text] := plan.defects.alpha with data.guard.config as {"rules": {"alpha": section}}
		with data.guard.rules as {"alpha": {"remediation": "x"}}
	problem := trim_prefix(text, "The level of the rule is wrong: ")
}

test_override_gives_what_the_section_gives_in_its_type if {
	_problem({"globs": "a"}) == "overrides[0]: globs must be array, as in the rule's section."
}

test_level_of_an_override_has_one_problem if {
	_problem({"level": 7}) == `overrides[0]: level must be "off", "warn" or "deny" (in quotes), not 7.`
}

test_override_has_no_overrides_of_its_own if {
	_problem({"level": "off", "overrides": []}) == "overrides[0]: unknown key overrides."
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
		"images": {"entries": ["a"], "expression": `(?m)(?:(?:^|/)b[^:@\n]*)$`, "words": "{*b*}"},
	}]
}

test_sections_have_all_parameters_but_those_that_are_read_in_place if {
	_planned.sections == {
		"alpha": {"level": "deny", "globs": ["a-{account}"], "others": ["a-*"]},
		"beta": {"level": "off", "globs": ["a"]},
		"gamma": {"level": "off"},
		"delta": {"level": "warn"},
		"epsilon": {"level": "warn"},
	}
}

test_overrides_give_what_takes_the_place_of_the_sections if {
	_planned.given == {"beta": [{"level": "warn", "globs": ["{region}"]}], "gamma": [{"level": "off"}]}
}

test_overrides_do_not_give_what_is_read_in_place if {
	overrides := [{"region": "*", "images": {"a": {}}}, {"level": "off", "account": "1"}]
	section := {"level": "warn", "images": {}, "overrides": overrides}
	plan.given == {"alpha": [{}, {"level": "off"}]} with data.guard.config.rules as {"alpha": section}
		with data.guard.rules as {"alpha": {"in_place": ["images"]}}
}

test_rules_with_facts_of_the_job_are_filled if {
	_planned.filled == {"alpha": true, "beta": true}
}

test_rule_that_is_off_for_every_job_is_not_filled if {
	section := {"level": "off", "globs": ["{account}"]}
	plan.filled == {} with data.guard.config.rules as {"alpha": section}
	plan.filled == {"alpha": true} with data.guard.config.rules as {"alpha": object.union(section, {"level": "warn"})}
	plan.filled == {"alpha": true} with data.guard.config.rules as {"alpha": object.remove(section, ["level"])}
	overridden := object.union(section, {"overrides": [{"account": "*", "level": "warn"}]})
	plan.filled == {"alpha": true} with data.guard.config.rules as {"alpha": overridden}
}

test_facts_in_parameters_that_are_read_in_place_are_not_filled if {
	section := {"level": "warn", "images": {"{account}": {}}, "overrides": [{"region": "*", "images": {"{region}": {}}}]}
	plan.filled == {} with data.guard.config.rules as {"alpha": section}
		with data.guard.rules as {"alpha": {"in_place": ["images"]}}
	plan.filled == {"alpha": true} with data.guard.config.rules as {"alpha": section}
		with data.guard.rules as {"alpha": {}}
}

test_exemptions_keep_to_their_policy if {
	config := {"exemptions": [_exemption], "exemption_policy": {"never": ["alpha"]}}
	planned := plan.exemptions with data.guard.config as config
	planned == exemptions.prepared([{"refused": {"alpha can't be exempted"}}])
}

test_exemptions_of_a_wrong_policy_are_refused if {
	planned := plan.exemptions with data.guard.config as {"exemptions": [_exemption], "exemption_policy": false}
	planned == exemptions.prepared([{"refused": {"exemption_policy must be a mapping"}}])
}

test_missing_exemptions_are_an_empty_list if {
	plan.exemptions == exemptions.prepared([]) with data.guard.config as {"rules": {}}
}
