# METADATA
# title: The plan
# description: |
#   Everything that depends on the configuration alone: the rules that can report something, with their levels,
#   overrides, needs and defects, and the exemptions, validated and prepared. With a folder of policies the plan is
#   computed for each decision; `make bundle` computes it once and packs the results as this package.
package guard.plan

import data.guard.lib.exemption_policy
import data.guard.lib.exemptions as exemptions_of
import data.guard.lib.kinds
import data.guard.lib.levels
import data.guard.lib.parts
import future.keywords.not

# METADATA
# description: The level of each rule that isn't off for every job, by rule id.
# scope: document
rules[rule_id] := level if {
	some rule_id, _ in data.guard.config.rules
	level := _level(rule_id)
	overrides := _overrides(rule_id)
	count(levels.problems(level, overrides, _types(rule_id))) == 0
	_is_on(level, overrides)
}

# METADATA
# description: For each rule without overrides, by rule id, the keys that all its findings have in common.
# scope: document
stamps[rule_id] := stamp if {
	some rule_id, level in rules
	not scoped[rule_id]
	remediation := data.guard.rules[rule_id].remediation
	is_string(remediation)
	stamp := {"rule_id": rule_id, "level": level, "level_source": "level", "remediation": remediation}
}

# METADATA
# description: |
#   Which of these rules don't apply to which jobs. `needs` lists by part the rules that need the part, `kinds` by job
#   kind the rules that are about other kinds, and `unknown_kinds` the rules that don't apply to an unknown kind.
# scope: document
limits := {
	"needs": {part: ids |
		some part in parts.known
		ids := [rule_id | some rule_id, _ in rules; part in _needs(rule_id)]
		ids != []
	},
	"kinds": {kind: [rule_id | some rule_id, about in _about; not kind in about] | some kind in kinds.known},
	"unknown_kinds": [rule_id | some rule_id, _ in _about],
}

_about[rule_id] := named if {
	some rule_id, _ in rules
	named := kinds.named(data.guard.rules[rule_id].kinds)
	named != []
}

# METADATA
# description: For each rule with overrides, by rule id, the overrides as data.guard.lib.levels prepares them.
# scope: document
scoped[rule_id] := levels.prepared(overrides) if {
	some rule_id
	overrides := data.guard.config.rules[rule_id].overrides
	overrides != []
	count(levels.problems(_level(rule_id), overrides, _types(rule_id))) == 0
}

# METADATA
# description: |
#   For each rule in `scoped`, by rule id and override number, the values that the override gives instead of the
#   section's, except parameters that the rule reads in place.
# scope: document
given[rule_id] := [parameters |
	some override in _overrides(rule_id)
	parameters := object.filter(override, object.keys(sections[rule_id]))
] if {
	some rule_id, _ in scoped
}

# METADATA
# description: The defects of each rule that don't depend on the job, by rule id; one text for each defect.
# scope: document
defects[rule_id] := [text | some text in texts] if some rule_id, texts in _defects

# METADATA
# description: The configured rules without a remediation. A rule without findings as well doesn't exist.
# scope: document
unnamed := [rule_id | some rule_id, _ in data.guard.config.rules; not _is_named(rule_id)]

# METADATA
# description: The exemptions as data.guard.lib.exemptions prepares them.
# scope: document
exemptions := exemptions_of.prepared(_exemptions)

# METADATA
# description: |
#   The parameters in the sections of the configured rules, by rule id and name, except parameters that the rule reads
#   in place.
# scope: document
sections := json.remove(_sections, array.concat(
	[[rule_id, "overrides"] | _ := data.guard.config.rules[rule_id].overrides],
	[[rule_id, name] | some name in data.guard.rules[rule_id].in_place],
))

# Each value is read separately: if the section were read as a whole, a value that a test replaces would be merged with
# the value in the configuration.
_sections[rule_id] := {name: value | some name, value in data.guard.config.rules[rule_id]} if {
	some rule_id, _ in data.guard.config.rules
}

# METADATA
# description: |
#   The rules with a placeholder for a fact of the job in a parameter, such as `{account}`, by rule id; without rules
#   that are off for every job.
# scope: document
filled[rule_id] if {
	some rule_id, parameters in sections
	_names_facts(parameters)
	not _is_always_off(rule_id)
}

filled[rule_id] if {
	some rule_id, overrides in given
	_names_facts(overrides)
}

_is_always_off(rule_id) if {
	_level(rule_id) == "off"
	_overrides(rule_id) == []
}

_names_facts(value) if regex.match(`\{(account|region|partition)\}`, json.marshal(value))

_is_on(level, _) if level != "off"

_is_on("off", overrides) if {
	some override in overrides
	override.level != "off"
}

_level(rule_id) := level if {
	level := data.guard.config.rules[rule_id].level
} else := null

_overrides(rule_id) := overrides if {
	overrides := data.guard.config.rules[rule_id].overrides
} else := []

# Only the types, because the values may be as large as the deny list.
_types(rule_id) := {name: type_name(data.guard.config.rules[rule_id][name]) |
	some name, _ in data.guard.config.rules[rule_id]
	not name in {"level", "overrides"}
}

# A value that isn't a list requires no part.
_needs(rule_id) := needs if {
	needs := data.guard.rules[rule_id].needs
	is_array(needs)
} else := []

# Whether the rule's folder exists. Checking for `findings` instead would evaluate rules that are off.
_is_named(rule_id) if data.guard.rules[rule_id].remediation

_defects[rule_id] contains "The rule has no level in the configuration." if {
	some rule_id
	data.guard.rules[rule_id].remediation
	not _is_configured(rule_id)
}

_defects[rule_id] contains sprintf("The level of the rule is wrong: %s.", [problem]) if {
	some rule_id, _ in data.guard.config.rules
	some problem in levels.problems(_level(rule_id), _overrides(rule_id), _types(rule_id))
}

_is_configured(rule_id) if _ := data.guard.config.rules[rule_id]

default _exemptions := []

_exemptions := data.guard.config.exemptions if not _has_exemption_policy

_exemptions := exemption_policy.governed(data.guard.config.exemptions, data.guard.config.exemption_policy)

# The assignment also holds for false: `exemption_policy: false` is invalid and refuses every exemption.
_has_exemption_policy if _ := data.guard.config.exemption_policy
