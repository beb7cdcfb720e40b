package custom.regal.rules.guard["rule-contract_test"]

import data.custom.regal.rules.guard["rule-contract"] as rule

_metadata := concat("\n", [
	"# METADATA",
	"# title: Mine",
	"# description: What it is for.",
	"# schemas:",
	"#   - input: schema.input",
	"# custom:",
	"#   severity: low",
	"#   remediation: Do something else.",
])

_exports := "remediation := \"x\"\n\nfindings contains {\"message\": \"m\"} if input.job.name == \"x\""

_missing(header, package_name, body) := {violation.description |
	module := regal.parse_module("policy.rego", concat("\n", [
		header,
		sprintf("package %s", [package_name]),
		"",
		body,
	]))
	some violation in rule.report with input as module
}

test_success_complete_rule if _missing(_metadata, "guard.rules.mine", _exports) == set()

test_success_elsewhere[package_name] if {
	some package_name in ["guard.main", "guard.lib.mine", "guard.rules.mine_test", "guard.rules", "other.rules.mine"]
	_missing("", package_name, "x := 1") == set()
}

test_fail_all_is_missing if {
	_missing("", "guard.rules.mine", "x := 1") == {
		"A rule needs title in the METADATA of its package",
		"A rule needs description in the METADATA of its package",
		"A rule needs custom.remediation in the METADATA of its package",
		"A rule needs custom.severity low, medium, high or critical in the METADATA of its package",
		"A rule needs schemas `- input: schema.input` in the METADATA of its package",
		"A rule needs the partial set `findings`",
		"A rule needs the value `remediation`",
	}
}

test_fail_metadata[missing] if {
	some missing, change in {
		"title": ["# title: Mine", "# title: \"\""],
		"description": ["# description: What it is for.", "# organizations: []"],
		"custom.remediation": ["remediation: Do something else.", "remediation: \" \""],
		"custom.severity low, medium, high or critical": ["severity: low", "severity: 1"],
		"schemas `- input: schema.input`": ["input: schema.input", "data.x: schema.input"],
	}
	header := replace(_metadata, change[0], change[1])
	_missing(header, "guard.rules.mine", _exports) == {sprintf("A rule needs %s in the METADATA of its package", [missing])}
}

test_fail_findings[body] if {
	some body in [
		"finding contains {\"message\": \"m\"} if true",
		"findings := {{\"message\": \"m\"}}",
		"findings(x) := {x}",
	]
	_missing(_metadata, "guard.rules.mine", concat("\n\n", ["remediation := \"x\"", body])) == {
		"A rule needs the partial set `findings`",
	}
}

test_fail_remediation[body] if {
	some body in ["remediations := \"x\"", "remediation contains \"x\"", "remediation(x) := x"]
	findings := "findings contains {\"message\": \"m\"} if input.job.name == \"x\""
	_missing(_metadata, "guard.rules.mine", concat("\n\n", [body, findings])) == {"A rule needs the value `remediation`"}
}
