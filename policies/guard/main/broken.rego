# What is broken, in the configuration or in what a rule reports.
package guard.main

import data.guard.plan
import future.keywords.not

_defect_findings(rule_id) := [{
	"rule_id": rule_id,
	"level": "deny",
	"level_source": "guard",
	"message": message,
	"remediation": "This is a fault of the guard's policies, not of the job: tell the team that owns them.",
	"details": {"config": sprintf("rules.%s", [rule_id])},
	"exempted_by": null,
} |
	some message in _broken[rule_id]
]

_broken[rule_id] contains message if {
	some rule_id, messages in plan.defects
	some message in messages
}

_broken[rule_id] contains "The configuration has a level for a rule that doesn't exist." if {
	some rule_id in plan.unnamed
	not _has_findings(rule_id)
}

_broken[rule_id] contains "The rule exports no set of findings." if {
	some rule_id, _ in _slow_path
	not _has_findings(rule_id)
	_exists(rule_id)
}

# What it reported isn't shown: it may hold values of the job's environment.
_broken[rule_id] contains sprintf("The rule returned an invalid finding (%s): it needs %s.", [kind, lacking]) if {
	some rule_id, _ in _slow_path
	some finding in _invalid(rule_id)
	kind := type_name(finding)
	lacking := _lacking(finding)
}

_invalid(rule_id) := found - _found[rule_id] if {
	found := data.guard.rules[rule_id].findings
	is_set(found)
}

_lacking(finding) := "details that are an object, or none" if {
	_has_message(finding)
} else := "a message"

# The folder of a rule: asking for the findings instead would evaluate those that are off, too.
_exists(rule_id) if data.guard.rules[rule_id].remediation

_has_findings(rule_id) if is_set(data.guard.rules[rule_id].findings)
