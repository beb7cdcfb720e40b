# Effects of overrides on a decision, other than on levels.
package guard.main_test

import data.guard.main
import data.guard.testing

_limited(overrides) := {"rules": {"alpha": {"level": "deny", "x": 1, "y": {"a": 2}, "overrides": overrides}}}

_decide_overridden(findings, overrides) := decision if {
	decision := main.decision with input as testing.document
		with data.guard.rules as {"alpha": {"remediation": "Do a.", "findings": findings}}
		with data.guard.config as _limited(overrides)
}

_found_with(entry, overrides) := [[f.level, f.level_source, f.details.config] | some f in decision.findings] if {
	decision := _decide_overridden({{"message": "a", "details": {"config": entry}}}, overrides)
}

test_finding_names_the_override_that_gives_the_parameter[entry] if {
	some entry, named in {
		"rules.alpha.x": "rules.alpha.overrides[1].x",
		"rules.alpha.x[3]": "rules.alpha.overrides[1].x[3]",
		"rules.alpha.y[a.b]": "rules.alpha.y[a.b]",
		"rules.alpha": "rules.alpha.overrides[1]",
		"rules.alphabet.x": "rules.alphabet.x",
		"deny_list.images[a]": "deny_list.images[a]",
		".x": ".x",
		"": "",
	}
	_found_with(entry, [{"region": "us-*", "y": {}}, {"region": "eu-*", "x": 5}]) == [["deny", "level", named]]
}

test_finding_names_its_section_where_an_override_gives_the_level_only if {
	_found_with("rules.alpha.x", [{"region": "eu-*", "level": "warn"}]) == [["warn", "overrides[0]", "rules.alpha.x"]]
	_found_with("rules.alpha", [{"region": "eu-*", "level": "warn"}]) == [["warn", "overrides[0]", "rules.alpha"]]
}

test_finding_without_an_entry_names_none if {
	_found_with(7, [{"region": "eu-*", "x": 5}]) == [["deny", "level", 7]]
}

test_deny_override_of_a_parameter_that_the_section_lacks[note] if {
	some note, [override, problem] in {
		"unknown": [{"region": "eu-*", "z": 5}, "overrides[0]: unknown key z"],
		"other type": [{"region": "us-*", "x": "5"}, "overrides[0]: x must be number, as in the rule's section"],
	}
	[f] := _decide_overridden({{"message": "a"}}, [override]).findings
	f.level == "deny"
	f.level_source == "guard"
	f.message == sprintf("The level of the rule is wrong: %s.", [problem])
}

# A rule whose level depends on a temporarily unavailable role reports nothing until the role can be read.

_without_roles := testing.input_without({"job": {"role_arns": []}}, "job.role_arns")

test_a_rule_is_withheld_while_its_level_is_undecided if {
	overrides := [{"role_arn": "*/Trainer", "level": "off"}]
	config := {"rules": {"alpha": {"level": "deny", "overrides": overrides}}, "exemptions": []}
	rules := {"alpha": {"remediation": "Do a.", "findings": {{"message": "a is wrong", "details": {}}}}}
	withheld := main.decision with input as _without_roles with data.guard.rules as rules with data.guard.config as config
	withheld == {"decision": "allow", "findings": []}
	known := main.decision with input as testing.input_with({"job": {"role_arns": []}})
		with data.guard.rules as rules
		with data.guard.config as config
	known.decision == "deny"
}
