# Reports defects of the configuration and of rules as findings.
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

# The invalid finding itself isn't shown: it may contain values from the job's environment.
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

# Whether the rule's folder exists. Checking for `findings` instead would evaluate rules that are off.
_exists(rule_id) if data.guard.rules[rule_id].remediation

_has_findings(rule_id) if is_set(data.guard.rules[rule_id].findings)
