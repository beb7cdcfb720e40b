# METADATA
# title: The decision
# description: |
#   Collects the findings of all rules into one decision, and those of one rule into a decision of its own. Rules are
#   found by their folder, levels and exemptions by the configuration. What is broken in either, a rule without a level
#   or a finding without a message, is a finding itself, at level deny and beyond every exemption. Nothing catches the
#   error of a rule: it fails every query that needs the rule, `decision` and the rule's own key of `by_rule`.
# schemas:
#   - input: schema.input
package guard.main

import data.guard.lib.contract
import data.guard.lib.exemption_policy
import data.guard.lib.exemptions
import data.guard.lib.levels
import data.guard.lib.parts
import data.guard.parameters
import future.keywords.not

# METADATA
# title: Schema version
# description: The `schema_version` of the documents that these policies are written for.
# entrypoint: true
schema_version := contract.schema_version

# METADATA
# title: Decision
# description: |
#   The verdict `decision` (allow, warn or deny) with every `findings`, exempted ones included, sorted. Undefined, and
#   so an error for who asks, if the input is outside the contract.
# entrypoint: true
decision := _summary(_notices | {finding | some findings in _findings; some finding in findings}) if {
	contract.satisfied(input)
}

# METADATA
# title: Decisions by rule
# description: |
#   By rule id the decision as it would be with this rule alone: the same contract, levels and exemptions, and what is
#   broken in the rule's own configuration. Notices about exemptions are about all rules together, so only `decision`
#   has them. The query for one rule evaluates no other: one that fails or is slow leaves the answers of the rest alone.
# entrypoint: true
by_rule[rule_id] := _summary(findings) if {
	contract.satisfied(input)
	some rule_id, findings in _findings
}

# METADATA
# title: Rules
# description: |
#   The keys of `by_rule` that can have findings, which are all but the rules that are off for every job. `denied_image`
#   is first, as nothing else is denied as surely; the rest is sorted. No rule is evaluated to find them.
# entrypoint: true
rule_ids := array.concat(
	[rule_id | some rule_id in _askable; rule_id == "denied_image"],
	[rule_id | some rule_id in _askable; rule_id != "denied_image"],
)

_askable contains rule_id if {
	some rule_id, _ in data.guard.config.rules
	not _is_silent(rule_id)
}

_askable contains rule_id if {
	some rule_id
	data.guard.rules[rule_id].remediation
	not _is_configured(rule_id)
}

_is_silent(rule_id) if {
	_plain_levels[rule_id] == "off"
	_exists(rule_id)
}

_summary(findings) := {"decision": _verdict(findings), "findings": _sorted(findings)}

_verdict(findings) := "deny" if {
	"deny" in _counting_levels(findings)
} else := "warn" if {
	"warn" in _counting_levels(findings)
} else := "allow"

_counting_levels(findings) := {finding.level | some finding in findings; finding.exempted_by == null}

# A finding's details come first among its keys, so they decide between equal messages.
_sorted(findings) := [keyed[2] | some keyed in sort({[finding.rule_id, finding.message, finding] |
	some finding in findings
})]

# What a rule found, with what is broken about it. Nothing here may depend on another rule.

_findings[rule_id] := _judged(rule_id) | _defects(rule_id) if {
	some rule_id, _ in data.guard.config.rules
}

_findings[rule_id] := _defects(rule_id) if {
	some rule_id
	data.guard.rules[rule_id].remediation
	not _is_configured(rule_id)
}

_judged(rule_id) := {object.union(finding, {"exempted_by": exempted_by}) |
	some finding in _found[rule_id]
	exempted_by := exemptions.exempted_by(_exemptions, finding, input)
}

_found[rule_id] := _valid_findings(rule_id, level) if some rule_id, level in _active

_valid_findings(rule_id, level) := {{
	"rule_id": rule_id,
	"level": level.level,
	"level_source": level.source,
	"message": finding.message,
	"remediation": _remediation(rule_id),
	"details": _with_override(rule_id, object.get(finding, "details", {})),
} |
	some finding in data.guard.rules[rule_id].findings
	_is_finding(finding)
}

# A rule names the entry of its section that decided; where an override gives that for the job, it is the override's.
_with_override(rule_id, details) := object.union(details, {"config": config}) if {
	number := parameters.applied[rule_id]
	is_string(details.config)
	section := sprintf("rules.%s", [rule_id])
	startswith(details.config, section)
	entry := trim_prefix(details.config, section)
	_is_changed(rule_id, entry)
	config := concat("", [section, sprintf(".overrides[%d]", [number]), entry])
} else := details

_is_changed(rule_id, entry) if {
	startswith(entry, ".")
	parameters.changed[rule_id][regex.split(`[.\[]`, entry)[1]]
}

_is_changed(rule_id, "") if {
	some key, _ in parameters.changed[rule_id]
	key in object.keys(data.guard.config.rules[rule_id])
	key != "level"
}

# A rule that is off isn't evaluated, so it costs nothing.
_active[rule_id] := {"level": level, "source": "level"} if {
	some rule_id, level in _plain_levels
	level != "off"
	_applies(rule_id)
}

_active[rule_id] := level if {
	some rule_id, problems in _level_problems
	count(problems) == 0
	_applies(rule_id)
	not levels.undecided(_overrides(rule_id), input)
	level := _resolved(rule_id)
	level.level != "off"
}

_resolved(rule_id) := {"level": level, "source": sprintf("overrides[%d]", [number])} if {
	number := parameters.changed[rule_id].level
	level := data.guard.config.rules[rule_id].overrides[number].level
} else := {"level": _level(rule_id), "source": "level"}

# Where a job lacks what a rule needs, no level and no override makes it report anything.
_applies(rule_id) if parts.has_all(_needs(rule_id), input)

_needs(rule_id) := needs if {
	needs := data.guard.rules[rule_id].needs
} else := []

# Most rules have one level for all jobs, so they are kept off the long way.
_plain_levels[rule_id] := level if {
	some rule_id
	level := data.guard.config.rules[rule_id].level
	level in {"off", "warn", "deny"}
	not _is_overridden(rule_id)
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
_is_overridden(rule_id) if _ := data.guard.config.rules[rule_id].overrides

_level_problems[rule_id] := levels.problems(_level(rule_id), _overrides(rule_id), _types(rule_id)) if {
	some rule_id, _ in data.guard.config.rules
	not _plain_levels[rule_id]
}

_level(rule_id) := level if {
	level := data.guard.config.rules[rule_id].level
} else := null

# The values themselves may be as long as the deny list.
_types(rule_id) := {name: type_name(data.guard.config.rules[rule_id][name]) |
	some name, _ in data.guard.config.rules[rule_id]
	not name in {"level", "overrides"}
}

_overrides(rule_id) := overrides if {
	overrides := data.guard.config.rules[rule_id].overrides
} else := []

# The folder of a rule: asking for the findings instead would evaluate those that are off, too.
_exists(rule_id) if data.guard.rules[rule_id].remediation

_is_configured(rule_id) if _ := data.guard.config.rules[rule_id]

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

_exemptions := data.guard.config.exemptions if not _has_exemption_policy

_exemptions := exemption_policy.governed(data.guard.config.exemptions, data.guard.config.exemption_policy) if {
	_has_exemption_policy
}

# Not only one that is true: `exemption_policy: false` is wrong, and refuses all.
_has_exemption_policy if _ := data.guard.config.exemption_policy

_notices contains object.union(notice, {
	"rule_id": "exemptions",
	"level": "warn",
	"level_source": "guard",
	"remediation": "Correct, renew or remove the exemption in the guard's configuration.",
	"exempted_by": null,
}) if {
	found := {finding | some findings in _found; some finding in findings}
	some notice in exemptions.notices(_exemptions, found, input)
}

# What is broken.

_defects(rule_id) := {{
	"rule_id": rule_id,
	"level": "deny",
	"level_source": "guard",
	"message": message,
	"remediation": "This is a fault of the guard's policies, not of the job: tell the team that owns them.",
	"details": {"config": sprintf("rules.%s", [rule_id])},
	"exempted_by": null,
} |
	some message in _broken[rule_id]
}

_broken[rule_id] contains "The rule has no level in the configuration." if {
	some rule_id
	data.guard.rules[rule_id].remediation
	not _is_configured(rule_id)
}

_broken[rule_id] contains sprintf("The level of the rule is wrong: %s.", [problem]) if {
	some rule_id, problems in _level_problems
	some problem in problems
}

_broken[rule_id] contains "The configuration has a level for a rule that doesn't exist." if {
	some rule_id, _ in data.guard.config.rules
	not _exists(rule_id)
	not _has_findings(rule_id)
}

_broken[rule_id] contains "The rule exports no set of findings." if {
	some rule_id, _ in _active
	_exists(rule_id)
	not _has_findings(rule_id)
}

# What it reported isn't shown: it may hold values of the job's environment.
_broken[rule_id] contains sprintf("The rule returned an invalid finding (%s): it needs a message.", [kind]) if {
	some rule_id, _ in _active
	some finding in data.guard.rules[rule_id].findings
	not _is_finding(finding)
	kind := type_name(finding)
}

_has_findings(rule_id) if is_set(data.guard.rules[rule_id].findings)
