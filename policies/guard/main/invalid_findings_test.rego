package guard.main_test

test_deny_finding_without_a_message[note] if {
	some note, [finding, kind] in {
		"none": [{"details": {}}, "object"],
		"neither": [{"details": []}, "object"],
		"empty": [{"message": ""}, "object"],
		"blank": [{"message": " "}, "object"],
		"blank beside details": [{"message": " ", "details": {}}, "object"],
		"null": [{"message": null}, "object"],
		"misspelt": [{"msg": "API_KEY=hunter2"}, "object"],
		"text": ["API_KEY=hunter2", "string"],
	}
	rules := {"alpha": {"remediation": "Do a.", "findings": {finding}}}
	_decide(rules, _levels({"alpha": "warn"})) == {
		"decision": "deny",
		"findings": [_fault("alpha", sprintf("The rule returned an invalid finding (%s): it needs a message.", [kind]))],
	}
}

test_deny_finding_with_details_of_another_form[note] if {
	some note, details in {"list": [], "text": "API_KEY=hunter2", "null": null}
	rules := {"alpha": {"remediation": "Do a.", "findings": {{"message": "a is wrong", "details": details}}}}
	_decide(rules, _levels({"alpha": "warn"})) == {"decision": "deny", "findings": [_fault(
		"alpha",
		"The rule returned an invalid finding (object): it needs details that are an object, or none.",
	)]}
}

test_allow_finding_without_a_message_of_a_rule_that_is_off if {
	rules := {"alpha": {"remediation": "Do a.", "findings": {{"message": ""}}}}
	_decide(rules, _levels({"alpha": "off"})) == {"decision": "allow", "findings": []}
}

test_valid_findings_are_listed_beside_an_invalid_one if {
	rules := {"alpha": {"remediation": "Do a.", "findings": (_rules.alpha.findings | {{"message": ""}})}}
	_decide(rules, _levels({"alpha": "deny"})) == {"decision": "deny", "findings": [
		_fault("alpha", "The rule returned an invalid finding (object): it needs a message."),
		_alpha,
	]}
}

test_deny_rule_without_a_set_of_findings[note] if {
	some note, rule in {
		"no findings": {"remediation": "Do a.", "finding": {{"message": "a"}}},
		"a list": {"remediation": "Do a.", "findings": ["a"]},
		"a text": {"remediation": "Do a.", "findings": "a"},
		"one finding": {"remediation": "Do a.", "findings": {"message": "a"}},
	}
	_decide({"alpha": rule}, _levels({"alpha": "warn"})) == {
		"decision": "deny",
		"findings": [_fault("alpha", "The rule exports no set of findings.")],
	}
}

test_deny_findings_in_something_else_than_a_set[note] if {
	some note, findings in {
		"a list": [_rules.alpha.findings[_]],
		"a mapping": {"a": finding | some finding in _rules.alpha.findings},
	}
	_decide({"alpha": {"remediation": "Do a.", "findings": findings}}, _levels({"alpha": "warn"})) == {
		"decision": "deny",
		"findings": [
			_fault("alpha", "The rule exports no set of findings."),
			object.union(_alpha, {"level": "warn"}),
		],
	}
}
