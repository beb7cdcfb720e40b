package guard.main_test

import data.guard.main
import data.guard.testing

_needing(needs) := object.union(_rules, {"alpha": object.union(_rules.alpha, {"needs": needs})})

_decide_for(parts, rules, config) := decision if {
	decision := main.decision with input as testing.input_with({"job": {"parts": parts}})
		with data.guard.rules as rules
		with data.guard.config as config
}

test_a_rule_applies_where_the_job_has_what_it_needs if {
	_decide_for(["spot", "vpc"], _needing(["vpc"]), _config) == {"decision": "deny", "findings": [_alpha, _beta]}
}

test_a_rule_reports_nothing_where_the_job_lacks_what_it_needs if {
	_decide_for(["spot"], _needing(["vpc"]), _config) == {"decision": "warn", "findings": [_beta]}
}

test_a_rule_needs_all_that_it_names if {
	_decide_for(["vpc"], _needing(["vpc", "spot"]), _config) == {"decision": "warn", "findings": [_beta]}
}

test_no_override_makes_a_rule_apply if {
	config := {
		"rules": {
			"alpha": {"level": "off", "overrides": [{"account": "*", "level": "deny"}]},
			"beta": {"level": "warn"},
		},
		"exemptions": [],
	}
	_decide_for(["spot"], _needing(["vpc"]), config) == {"decision": "warn", "findings": [_beta]}
	_decide_for(["vpc"], _needing(["vpc"]), config) == {
		"decision": "deny",
		"findings": [object.union(_alpha, {"level_source": "overrides[0]"}), _beta],
	}
}

test_a_rule_applies_to_a_document_from_before_the_parts if {
	_decide_for(null, _needing(["vpc"]), _config) == {"decision": "deny", "findings": [_alpha, _beta]}
}

test_a_rule_alone_reports_nothing_where_the_job_lacks_what_it_needs if {
	decisions := main.by_rule with input as testing.input_with({"job": {"parts": ["spot"]}})
		with data.guard.rules as _needing(["vpc"])
		with data.guard.config as _config
	decisions == {
		"alpha": {"decision": "allow", "findings": []},
		"beta": {"decision": "warn", "findings": [_beta]},
	}
}
