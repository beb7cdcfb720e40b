package guard.main_test

import data.guard.main
import data.guard.testing

_about(kinds) := object.union(_rules, {"alpha": object.union(_rules.alpha, {"kinds": kinds})})

_decide_kind(kind, rules, config) := decision if {
	decision := main.decision with input as testing.input_with({"job": {"kind": kind}})
		with data.guard.rules as rules
		with data.guard.config as config
}

test_a_rule_applies_to_the_kinds_that_it_is_about if {
	every kind in ["training", "labeling"] {
		_decide_kind(kind, _about(["training", "labeling"]), _config) == {"decision": "deny", "findings": [_alpha, _beta]}
	}
}

test_a_rule_reports_nothing_about_other_kinds if {
	_decide_kind("transform", _about(["training", "labeling"]), _config) == {"decision": "warn", "findings": [_beta]}
}

test_no_override_makes_a_rule_apply_to_another_kind if {
	config := {
		"rules": {
			"alpha": {"level": "off", "overrides": [{"job_kind": "*", "level": "deny"}]},
			"beta": {"level": "warn"},
		},
		"exemptions": [],
	}
	_decide_kind("transform", _about(["labeling"]), config) == {"decision": "warn", "findings": [_beta]}
	_decide_kind("labeling", _about(["labeling"]), config) == {
		"decision": "deny",
		"findings": [object.union(_alpha, {"level_source": "overrides[0]"}), _beta],
	}
}

test_a_rule_about_a_kind_that_nobody_knows_applies_to_all if {
	_decide_kind("transform", _about(["labelling"]), _config) == {"decision": "deny", "findings": [_alpha, _beta]}
}

test_a_rule_alone_reports_nothing_about_other_kinds if {
	decisions := main.by_rule with input as testing.input_with({"job": {"kind": "transform"}})
		with data.guard.rules as _about(["labeling"])
		with data.guard.config as _config
	decisions == {
		"alpha": {"decision": "allow", "findings": []},
		"beta": {"decision": "warn", "findings": [_beta]},
	}
}
