package guard.main_test

import data.guard.main
import data.guard.testing

# Rules of the tests; each set replaces all shipped rules.
_rules := {
	"alpha": {"remediation": "Do a.", "findings": {{"message": "a is wrong", "details": {"config": "rules.alpha.x"}}}},
	"beta": {"remediation": "Do b.", "findings": {{"message": "b is wrong", "details": {"config": "rules.beta.x"}}}},
}

_config := {"rules": {"alpha": {"level": "deny"}, "beta": {"level": "warn"}}, "exemptions": []}

_decide(rules, config) := decision if {
	decision := main.decision with input as testing.document
		with data.guard.rules as rules
		with data.guard.config as config
}

_levels(levels) := {"rules": {rule_id: {"level": level} | some rule_id, level in levels}, "exemptions": []}

_alpha := {
	"rule_id": "alpha",
	"level": "deny",
	"level_source": "level",
	"message": "a is wrong",
	"remediation": "Do a.",
	"details": {"config": "rules.alpha.x"},
	"exempted_by": null,
}

_beta := {
	"rule_id": "beta",
	"level": "warn",
	"level_source": "level",
	"message": "b is wrong",
	"remediation": "Do b.",
	"details": {"config": "rules.beta.x"},
	"exempted_by": null,
}

_quiet := {"alpha": {"remediation": "Do a.", "findings": set()}, "beta": {"remediation": "Do b.", "findings": set()}}

_exemption(patch) := object.union(
	{
		"id": "EX-1",
		"owner": "ml-platform",
		"reason": "migration",
		"rules": ["alpha"],
		"scope": {"account": "*"},
		"expires": "2025-06-30",
	},
	patch,
)

_with_exemptions(exemptions) := object.union(_config, {"exemptions": exemptions})

_fault(rule_id, message) := {
	"rule_id": rule_id,
	"level": "deny",
	"level_source": "guard",
	"message": message,
	"remediation": "This is a fault of the guard's policies, not of the job: tell the team that owns them.",
	"details": {"config": sprintf("rules.%s", [rule_id])},
	"exempted_by": null,
}

_notice(message, details) := {
	"rule_id": "exemptions",
	"level": "warn",
	"level_source": "guard",
	"message": message,
	"remediation": "Correct, renew or remove the exemption in the guard's configuration.",
	"details": details,
	"exempted_by": null,
}

# The verdict.

test_deny_with_the_findings_of_all_rules if {
	_decide(_rules, _config) == {"decision": "deny", "findings": [_alpha, _beta]}
}

test_warn_if_no_finding_denies if {
	_decide(_rules, _levels({"alpha": "off", "beta": "warn"})) == {"decision": "warn", "findings": [_beta]}
}

test_allow_without_findings if _decide(_quiet, _config) == {"decision": "allow", "findings": []}

test_allow_if_all_rules_are_off if {
	_decide(_rules, _levels({"alpha": "off", "beta": "off"})) == {"decision": "allow", "findings": []}
}

test_level_comes_from_the_first_override_that_matches if {
	config := {
		"rules": {
			"alpha": {"level": "off", "overrides": [{"region": "us-*", "level": "deny"}, {"region": "eu-*", "level": "warn"}]},
			"beta": {"level": "deny", "overrides": [{"job_kind": "training", "level": "off"}]},
		},
		"exemptions": [],
	}
	_decide(_rules, config) == {
		"decision": "warn",
		"findings": [object.union(_alpha, {"level": "warn", "level_source": "overrides[1]"})],
	}
}

test_allow_if_no_override_turns_a_rule_on if {
	config := {
		"rules": {
			"alpha": {"level": "off", "overrides": [{"region": "eu-*", "level": "off"}]},
			"beta": {"level": "off", "overrides": [{"region": "us-*", "level": "deny"}]},
		},
		"exemptions": [],
	}
	_decide(_rules, config) == {"decision": "allow", "findings": []}
}

test_warn_if_an_override_sets_a_rule_to_warn if {
	config := _levels({"alpha": "off", "beta": "off"})
	overrides := [{"region": "eu-*", "level": "warn"}]
	decision := _decide(_rules, object.union(config, {"rules": {"alpha": {"overrides": overrides}}}))
	decision.findings == [object.union(_alpha, {"level": "warn", "level_source": "overrides[0]"})]
}

test_override_that_turns_a_rule_off_elsewhere_changes_nothing_here if {
	overrides := [{"region": "us-*", "level": "off"}]
	config := object.union(_config, {"rules": {rule_id: {"overrides": overrides} | some rule_id in ["alpha", "beta"]}})
	_decide(_rules, config) == _decide(_rules, _config)
}

test_deny_if_an_override_turns_a_rule_on if {
	config := _levels({"alpha": "off", "beta": "off"})
	overrides := [{"region": "us-*", "level": "off"}, {"region": "eu-*", "level": "deny"}]
	decision := _decide(_rules, object.union(config, {"rules": {"alpha": {"overrides": overrides}}}))
	decision.findings == [object.union(_alpha, {"level_source": "overrides[1]"})]
}

# Findings.

test_findings_are_sorted_by_rule_message_and_details if {
	rules := {
		"beta": {"findings": {{"message": "a", "details": {}}}},
		"alpha": {"findings": {
			{"message": "b", "details": {"slot": "2"}},
			{"message": "b", "details": {"slot": "1"}},
			{"message": "a", "details": {"slot": "3"}},
		}},
	}
	decision := _decide(rules, _levels({"alpha": "deny", "beta": "deny"}))
	[[f.rule_id, f.message, f.details] | some f in decision.findings] == [
		["alpha", "a", {"slot": "3"}],
		["alpha", "b", {"slot": "1"}],
		["alpha", "b", {"slot": "2"}],
		["beta", "a", {}],
	]
}

test_finding_without_details_has_empty_ones if {
	rules := {"alpha": {"remediation": "Do a.", "findings": {{"message": "a is wrong"}}}}
	_decide(rules, _levels({"alpha": "deny"})).findings == [object.union(
		object.remove(_alpha, {"details"}),
		{"details": {}},
	)]
}

test_finding_of_a_rule_without_remediation_has_null[note] if {
	some note, rule in {
		"missing": {"findings": _rules.alpha.findings},
		"no text": {"findings": _rules.alpha.findings, "remediation": 1},
	}
	_decide({"alpha": rule}, _levels({"alpha": "deny"})).findings == [object.union(_alpha, {"remediation": null})]
}

test_finding_cannot_set_keys_that_main_adds if {
	rules := {"alpha": {"remediation": "Do a.", "findings": {object.union(
		_alpha,
		{"rule_id": "beta", "level": "warn", "level_source": "mine", "remediation": "None.", "exempted_by": "EX-1"},
	)}}}
	_decide(rules, _levels({"alpha": "deny"})).findings == [_alpha]
}

# Exemptions.

test_exempted_finding_stays_visible_and_does_not_count if {
	_decide(_rules, _with_exemptions([_exemption({})])) == {
		"decision": "warn",
		"findings": [object.union(_alpha, {"exempted_by": "EX-1"}), _beta],
	}
}

test_allow_if_all_findings_are_exempted if {
	decision := _decide(_rules, _with_exemptions([_exemption({"rules": ["*"]})]))
	decision.decision == "allow"
	{f.exempted_by | some f in decision.findings} == {"EX-1"}
}

test_one_exempted_finding_does_not_hide_another if {
	config := object.union(_levels({"alpha": "deny", "beta": "deny"}), {"exemptions": [_exemption({})]})
	_decide(_rules, config).decision == "deny"
}

test_exemption_of_another_job_exempts_nothing if {
	elsewhere := _exemption({"scope": {"account": "444455556666"}})
	_decide(_rules, _with_exemptions([elsewhere])) == {"decision": "deny", "findings": [_alpha, _beta]}
}

test_expired_exemption_is_reported_and_exempts_nothing if {
	_decide(_rules, _with_exemptions([_exemption({"expires": "2025-06-14"})])) == {
		"decision": "deny",
		"findings": [_alpha, _beta, _notice("Exemption EX-1 from alpha has expired.", {
			"config": "exemptions[0]",
			"exemption": "EX-1",
			"owner": "ml-platform",
			"expires": "2025-06-14",
			"rules": ["alpha"],
		})],
	}
}

test_expired_exemption_is_not_reported_for_a_rule_without_a_finding if {
	rules := object.union(_rules, {"alpha": {"findings": {{"message": ""}}}})
	decision := _decide(rules, _with_exemptions([_exemption({"expires": "2025-06-14"})]))
	[finding.rule_id | some finding in decision.findings] == ["alpha", "beta"]
}

test_malformed_exemption_warns_without_any_finding if {
	_decide(_quiet, _with_exemptions([object.remove(_exemption({}), {"expires"})])) == {
		"decision": "warn",
		"findings": [_notice(
			"An exemption exempts nothing: expires is missing.",
			{"config": "exemptions[0]"},
		)],
	}
}

test_exemption_that_the_policy_refuses_exempts_nothing_and_is_reported if {
	exemption := _exemption({"scope": {"account": "111122223333"}})
	every policy in [{"ticket_required": true}, {"ticket_required": "yes"}, false, null] {
		config := object.union(_with_exemptions([exemption]), {"exemption_policy": policy})
		decision := _decide(_rules, config)
		decision.decision == "deny"
		[finding.details.config | some finding in decision.findings] == ["rules.alpha.x", "rules.beta.x", "exemptions[0]"]
	}
}

test_exemption_that_the_policy_allows_exempts if {
	list := [_exemption({"ticket": "OPS-7"})]
	config := object.union(_with_exemptions(list), {"exemption_policy": {"ticket_required": true}})
	decision := _decide(_rules, config)
	[finding.exempted_by | some finding in decision.findings] == ["EX-1", null]
}

test_notices_are_beyond_exemption if {
	config := _with_exemptions([
		_exemption({"id": "EX-0", "rules": ["exemptions"]}),
		_exemption({"rules": ["alpha"], "expires": "2025-06-14"}),
	])
	some finding in _decide(_rules, config).findings
	finding.rule_id == "exemptions"
	finding.exempted_by == null
}

test_notices_stand_among_the_rules_by_their_name if {
	rules := {rule_id: _rules.alpha | some rule_id in ["alpha", "gamma"]}
	config := object.union(_levels({"alpha": "deny", "gamma": "deny"}), {"exemptions": [7]})
	[finding.rule_id | some finding in _decide(rules, config).findings] == ["alpha", "exemptions", "gamma"]
}

test_no_exemptions_in_the_configuration if {
	_decide(_rules, object.remove(_config, {"exemptions"})) == {"decision": "deny", "findings": [_alpha, _beta]}
}

# A defect is a deny, never silence.

test_deny_rule_without_a_level if {
	_decide(_rules, _levels({"alpha": "off"})) == {
		"decision": "deny",
		"findings": [_fault("beta", "The rule has no level in the configuration.")],
	}
}

test_deny_every_rule_without_any_configuration if {
	decision := _decide(_rules, {})
	decision.decision == "deny"
	{f.rule_id | some f in decision.findings} == {"alpha", "beta"}
}

test_deny_level_for_a_rule_that_is_not_there[level] if {
	some level in ["off", "warn", "deny"]
	_decide(_quiet, _levels({"alpha": "off", "beta": "off", "gamma": level})) == {
		"decision": "deny",
		"findings": [_fault("gamma", "The configuration has a level for a rule that doesn't exist.")],
	}
}

test_rule_without_findings_is_not_said_to_be_missing if {
	_decide({"alpha": {"remediation": "Do a."}}, _levels({"alpha": "warn"})).findings == [
		_fault("alpha", "The rule exports no set of findings."),
	]
}

test_deny_wrong_level[note] if {
	some note, section in {
		"unquoted off": {"level": false},
		"missing": {"overrides": []},
		"null": null,
		"text": "deny",
	}
	decision := _decide(_rules, {"rules": {"alpha": section, "beta": {"level": "off"}}})
	decision.decision == "deny"
	[[f.rule_id, f.level_source] | some f in decision.findings] == [["alpha", "guard"]]
	startswith(decision.findings[0].message, `The level of the rule is wrong: level must be "off", "warn" or "deny"`)
}

test_deny_wrong_override if {
	config := {"rules": {
		"alpha": {"level": "off", "overrides": [{"account": "*"}]},
		"beta": {"level": "off", "overrides": null},
	}}
	_decide(_rules, config).findings == [
		_fault("alpha", concat(" ", [
			"The level of the rule is wrong: overrides[0]:",
			"must give an account, region, role_arn or job_kind, and a level or a parameter.",
		])),
		_fault("beta", "The level of the rule is wrong: overrides must be a list."),
	]
}

test_deny_override_without_a_level_beside_those_that_are_off[note] if {
	some note, [overrides, problem] in {
		"no level": [
			[{"region": "us-*", "level": "off"}, {"region": "*", "job_kind": "training"}],
			"overrides[1]: must give an account, region, role_arn or job_kind, and a level or a parameter",
		],
		"misspelt level": [
			[{"region": "us-*", "level": "off"}, {"region": "*", "levl": "deny"}],
			"overrides[1]: unknown key levl",
		],
		"no mapping": [[{"region": "us-*", "level": "off"}, "deny"], "overrides[1]: must be a mapping"],
		"no list": [{"a": {"region": "us-*", "level": "off"}}, "overrides must be a list"],
		"text": ["off", "overrides must be a list"],
		"false": [false, "overrides must be a list"],
	}
	decision := _decide(_rules, {"rules": {
		"alpha": {"level": "off", "overrides": overrides},
		"beta": {"level": "off"},
	}})
	decision.decision == "deny"
	_fault("alpha", sprintf("The level of the rule is wrong: %s.", [problem])) in decision.findings
}

test_allow_rule_that_is_off_with_no_overrides if {
	_decide(_rules, {"rules": {"alpha": {"level": "off", "overrides": []}, "beta": {"level": "off"}}}).decision == "allow"
}

test_faults_are_beyond_exemption if {
	config := {
		"rules": {"alpha": {"level": false}, "beta": {"level": "off"}},
		"exemptions": [_exemption({"rules": ["*"]})],
	}
	_decide(_rules, config).decision == "deny"
}

# No decision.

test_no_decision_outside_the_contract[note] if {
	some note, document in {
		"nothing": {},
		"other version": testing.input_with({"schema_version": 2}),
		"key missing": object.remove(testing.document, {"network"}),
	}
	not main.decision with input as document
}

# One rule at a time.

_decide_by_rule(rules, config) := answers if {
	answers := main.by_rule with input as testing.document
		with data.guard.rules as rules
		with data.guard.config as config
}

_ids(rules, config) := rule_ids if {
	rule_ids := main.rule_ids with data.guard.rules as rules with data.guard.config as config
}

test_each_rule_decides_alone if {
	_decide_by_rule(_rules, _config) == {
		"alpha": {"decision": "deny", "findings": [_alpha]},
		"beta": {"decision": "warn", "findings": [_beta]},
	}
}

test_rule_without_findings_allows_alone if {
	_decide_by_rule(_quiet, _levels({"alpha": "deny", "beta": "off"})) == {
		"alpha": {"decision": "allow", "findings": []},
		"beta": {"decision": "allow", "findings": []},
	}
}

test_rule_alone_has_levels_and_exemptions_of_the_whole if {
	config := {
		"rules": {
			"alpha": {"level": "off", "overrides": [{"region": "eu-*", "level": "deny"}]},
			"beta": {"level": "deny"},
		},
		"exemptions": [_exemption({"rules": ["beta"]})],
	}
	_decide_by_rule(_rules, config) == {
		"alpha": {"decision": "deny", "findings": [object.union(_alpha, {"level_source": "overrides[0]"})]},
		"beta": {"decision": "allow", "findings": [object.union(_beta, {"level": "deny", "exempted_by": "EX-1"})]},
	}
}

test_rules_alone_leave_notices_to_the_whole if {
	config := _with_exemptions([_exemption({"expires": "2025-06-14"})])
	_decide_by_rule(_rules, config) == _decide_by_rule(_rules, _config)
}

test_rule_alone_has_its_own_faults_only if {
	_decide_by_rule(_rules, {"rules": {"alpha": {"level": false}, "beta": {"level": "warn"}}}) == {
		"alpha": {"decision": "deny", "findings": [_fault("alpha", concat(" ", [
			"The level of the rule is wrong:",
			`level must be "off", "warn" or "deny" (in quotes), not false.`,
		]))]},
		"beta": {"decision": "warn", "findings": [_beta]},
	}
}

test_rules_without_configuration_or_folder_deny_alone if {
	_decide_by_rule(_quiet, _levels({"alpha": "off", "gamma": "off"})) == {
		"alpha": {"decision": "allow", "findings": []},
		"beta": {"decision": "deny", "findings": [_fault("beta", "The rule has no level in the configuration.")]},
		"gamma": {"decision": "deny", "findings": [_fault(
			"gamma",
			"The configuration has a level for a rule that doesn't exist.",
		)]},
	}
}

test_no_rule_decides_outside_the_contract if {
	not main.by_rule.alpha with input as testing.input_with({"schema_version": 2})
		with data.guard.rules as _rules
		with data.guard.config as _config
}

test_unknown_rule_has_no_decision if {
	not main.by_rule.gamma with input as testing.document with data.guard.rules as _rules with data.guard.config as _config
}

test_rules_are_sorted_behind_the_denied_images if {
	rules := {rule_id: _rules.alpha | some rule_id in ["region", "denied_role", "denied_image", "alpha"]}
	config := _levels({"region": "warn", "denied_role": "deny", "denied_image": "warn", "alpha": "deny"})
	_ids(rules, config) == ["denied_image", "alpha", "denied_role", "region"]
}

test_rules_that_are_off_for_every_job_are_left_out if {
	config := {"rules": {
		"alpha": {"level": "off", "overrides": [{"region": "us-*", "level": "off"}]},
		"beta": {"level": "off", "overrides": [{"region": "us-*", "level": "deny"}]},
	}}
	_ids(_rules, config) == ["beta"]
}

test_rules_that_are_broken_are_not_left_out[note] if {
	some note, [rules, config] in {
		"no level": [_rules, _levels({"beta": "off"})],
		"no folder": [{"beta": _rules.beta}, _levels({"alpha": "off", "beta": "off"})],
		"wrong level": [_rules, {"rules": {"alpha": {"level": false}, "beta": {"level": "off"}}}],
		"no section": [_rules, {"rules": {"alpha": false, "beta": {"level": "off"}}}],
	}
	_ids(rules, config) == ["alpha"]
}

test_rules_are_known_without_a_document if {
	rule_ids := main.rule_ids with input as {} with data.guard.rules as _rules with data.guard.config as _config
	rule_ids == ["alpha", "beta"]
}

test_policies_are_for_the_version_of_the_documents if main.schema_version == testing.document.schema_version
