package custom.regal.rules.guard["rule-isolation_test"]

import data.custom.regal.rules.guard["rule-isolation"] as rule

_lines(package_name, body) := {violation.location.row |
	module := regal.parse_module("policy.rego", sprintf("package %s\n\n%s\n", [package_name, body]))
	some violation in rule.report with input as module
}

test_fail_in_a_rule[body] if {
	some body in [
		"x := data.guard.config.rules.other.level",
		"x := data.guard.config.exemptions",
		"x := data.guard.config",
		"x := data.guard.config.rules",
		"x := data.guard.config.rules[input.job.kind]",
		"x := y if { some id; y := data.guard.config.rules[id].level }",
		"x := data.guard[y].decision if y := \"main\"",
		"x := data.guard.main.decision",
		"x := data.guard.rules.other.findings",
		"x := data.guard.rules.mine.findings",
		"x := data.guard.testing.document",
		"x := data.other",
		"x := data",
		"import data.guard.rules.other",
		"import data.guard.config as c",
		"findings contains x if { x := {y | y := data.guard.main.decision} }",
		"f(x) := data.guard.config.rules.other[x]",
		"x if y with data.guard.config as {}",
	]
	_lines("guard.rules.mine", body) == {3}
}

test_success_in_a_rule[body] if {
	some body in [
		"x := data.guard.config.rules.mine.level",
		"x := data.guard.config.rules.mine",
		"x := data.guard.lib.images.keys(input.images[0])",
		"import data.guard.lib.images",
		"x := input.job.name",
		"x := datas.guard.main if datas := {}",
	]
	_lines("guard.rules.mine", body) == set()
}

test_fail_in_a_library[body] if {
	some body in [
		"x := data.guard.config.rules.lib.level",
		"x := data.guard.rules.other.findings",
		"x := input.job.name",
		"import data.guard.main",
	]
	_lines("guard.lib.topic", body) == {3}
}

test_success_in_a_library if {
	_lines("guard.lib.topic", "import data.guard.lib.globs\n\nf(x) := globs.first([\"*\"], x)") == set()
}

test_success_elsewhere[package_name] if {
	some package_name in ["guard.main", "guard.rules.mine_test", "guard.lib.topic_test", "guard.testing", "other"]
	_lines(package_name, "x := data.guard.config.exemptions") == set()
}

test_fail_tells_the_place if {
	module := regal.parse_module("policy.rego", "package guard.rules.mine\n\nx := data.guard.main.decision")
	report := rule.report with input as module
	report == {{
		"category": "guard",
		"description": "A rule reads its own configuration and the libraries, a library only libraries and its arguments",
		"level": "error",
		"location": {
			"file": "policy.rego",
			"row": 3,
			"col": 6,
			"end": {"row": 3, "col": 30},
			"text": "x := data.guard.main.decision",
		},
		"title": "rule-isolation",
	}}
}
