# METADATA
# title: The decision
# description: |
#   Collects the findings of all rules into one decision. Rules are found by their folder, levels and exemptions by the
#   configuration. What is broken in either, a rule without a level or a finding without a message, is a finding itself,
#   at level deny and beyond every exemption. Nothing catches the error of a rule: it fails the whole query.
# schemas:
#   - input: schema.input
package guard.main

import data.guard.lib.contract
import data.guard.lib.exemptions
import data.guard.lib.levels

# METADATA
# title: Decision
# description: |
#   The verdict `decision` (allow, warn or deny) with every `findings`, exempted ones included, sorted. Undefined, and
#   so an error for who asks, if the input is outside the contract.
# entrypoint: true
decision := {"decision": _verdict, "findings": _sorted(_findings)} if contract.satisfied(input)

default _verdict := "allow"

_verdict := "deny" if {
	"deny" in _counting_levels
} else := "warn" if {
	"warn" in _counting_levels
}

_counting_levels contains finding.level if {
	some finding in _findings
	finding.exempted_by == null
}

_findings := (_judged | _defects) | _notices

# A finding's details come first among its keys, so they decide between equal messages.
_sorted(findings) := [keyed[2] | some keyed in sort({[finding.rule_id, finding.message, finding] |
	some finding in findings
})]

# What the rules found.

_judged contains object.union(finding, {"exempted_by": exempted_by}) if {
	some finding in _found
	exempted_by := exemptions.exempted_by(_exemptions, finding, input)
}

_found contains {
	"rule_id": rule_id,
	"level": level.level,
	"level_source": level.source,
	"message": finding.message,
	"remediation": _remediation(rule_id),
	"details": object.get(finding, "details", {}),
} if {
	some rule_id, level in _active
	some finding in data.guard.rules[rule_id].findings
	_is_finding(finding)
}

# A rule that is off isn't evaluated, so it costs nothing.
_active[rule_id] := {"level": level, "source": "level"} if {
	some rule_id, level in _plain_levels
	level != "off"
}

_active[rule_id] := level if {
	some rule_id, problems in _level_problems
	count(problems) == 0
	level := levels.resolve(_level(rule_id), _overrides(rule_id), input)
	level.level != "off"
}

# Most rules have one level for all jobs, so they are kept off the long way.
_plain_levels[rule_id] := level if {
	some rule_id
	level := data.guard.config.rules[rule_id].level
	level in {"off", "warn", "deny"}
	not rule_id in _overridden
}

_plain_levels[rule_id] := "off" if {
	some rule_id
	data.guard.config.rules[rule_id].level == "off"
	is_array(data.guard.config.rules[rule_id].overrides)
	every override in data.guard.config.rules[rule_id].overrides {
		override.level == "off"
	}
}

# Not only those that are true: `overrides: false` is wrong, and must be reported.
_overridden contains rule_id if {
	some rule_id
	_ := data.guard.config.rules[rule_id].overrides
}

_level_problems[rule_id] := levels.problems(_level(rule_id), _overrides(rule_id)) if {
	some rule_id in (_configured - object.keys(_plain_levels))
}

# The folders of rules: asking for the findings instead would evaluate those that are off, too.
_existing contains rule_id if {
	some rule_id
	data.guard.rules[rule_id].remediation
}

_configured contains rule_id if some rule_id, _ in data.guard.config.rules

_level(rule_id) := object.get(data.guard.config.rules, [rule_id, "level"], null)

_overrides(rule_id) := object.get(data.guard.config.rules, [rule_id, "overrides"], [])

_remediation(rule_id) := data.guard.rules[rule_id].remediation if {
	is_string(data.guard.rules[rule_id].remediation)
} else := null

_is_finding(finding) if {
	is_string(finding.message)
	trim_space(finding.message) != ""
	is_object(object.get(finding, "details", {}))
}

# What the exemptions need to say about themselves.

default _exemptions := []

_exemptions := data.guard.config.exemptions

_notices contains object.union(notice, {
	"rule_id": "exemptions",
	"level": "warn",
	"level_source": "guard",
	"remediation": "Correct, renew or remove the exemption in the guard's configuration.",
	"exempted_by": null,
}) if {
	some notice in exemptions.notices(_exemptions, _found, input)
}

# What is broken.

_defects contains {
	"rule_id": rule_id,
	"level": "deny",
	"level_source": "guard",
	"message": message,
	"remediation": "This is a fault of the guard's policies, not of the job: tell the team that owns them.",
	"details": {"config": sprintf("rules.%s", [rule_id])},
	"exempted_by": null,
} if {
	some [rule_id, message] in _broken
}

_broken contains [rule_id, "The rule has no level in the configuration."] if some rule_id in (_existing - _configured)

_broken contains [rule_id, sprintf("The level of the rule is wrong: %s.", [problem])] if {
	some rule_id, problems in _level_problems
	some problem in problems
}

_broken contains [rule_id, "The configuration has a level for a rule that doesn't exist."] if {
	some rule_id in (_configured - _existing)
	not _has_findings(rule_id)
}

_broken contains [rule_id, "The rule exports no set of findings."] if {
	some rule_id, _ in _active
	rule_id in _existing
	not _has_findings(rule_id)
}

# What it reported isn't shown: it may hold values of the job's environment.
_broken contains [rule_id, sprintf("The rule reported what is no finding with a message (%s).", [kind])] if {
	some rule_id, _ in _active
	some finding in data.guard.rules[rule_id].findings
	not _is_finding(finding)
	kind := type_name(finding)
}

_has_findings(rule_id) if is_set(data.guard.rules[rule_id].findings)
