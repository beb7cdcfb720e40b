# METADATA
# title: The plan
# description: |
#   What depends on the configuration alone: the rules that can report something, with their levels, overrides and
#   needs, what is broken about them, and the exemptions, checked and taken apart. A folder of policies makes it for
#   each decision; `make bundle` makes it once, and packs the answers as this package.
package guard.plan

import data.guard.lib.exemption_policy
import data.guard.lib.exemptions as exemptions_of
import data.guard.lib.kinds
import data.guard.lib.levels
import data.guard.lib.parts
import future.keywords.not

# METADATA
# description: By rule id the level of the rules that have another than off for some job.
# scope: document
rules[rule_id] := level if {
	some rule_id, _ in data.guard.config.rules
	level := _level(rule_id)
	overrides := _overrides(rule_id)
	count(levels.problems(level, overrides, _types(rule_id))) == 0
	_is_on(level, overrides)
}

# METADATA
# description: By rule id what all findings of a rule have in common, of those that have no overrides.
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
#   Of these rules, by the part that they need the ids of those that need it, and by job kind of those that are about
#   other kinds.
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
# description: By rule id the overrides of the rules that have some, as data.guard.lib.levels prepares them.
# scope: document
scoped[rule_id] := levels.prepared(overrides) if {
	some rule_id
	overrides := data.guard.config.rules[rule_id].overrides
	overrides != []
	count(levels.problems(_level(rule_id), overrides, _types(rule_id))) == 0
}

# METADATA
# description: |
#   By rule id and number what the overrides of the scoped rules give in place of the section's, but for parameters that
#   a rule reads in their place.
# scope: document
given[rule_id] := [parameters |
	some override in _overrides(rule_id)
	parameters := object.filter(override, object.keys(sections[rule_id]))
] if {
	some rule_id, _ in scoped
}

# METADATA
# description: By rule id what is broken about a rule, whatever the job; one text for each.
# scope: document
defects[rule_id] := [text | some text in texts] if some rule_id, texts in _defects

# METADATA
# description: The configured rules without a remediation; if they have no findings either, they don't exist.
# scope: document
unnamed := [rule_id | some rule_id, _ in data.guard.config.rules; not _is_named(rule_id)]

# METADATA
# description: The exemptions as data.guard.lib.exemptions prepares them.
# scope: document
exemptions := exemptions_of.prepared(_exemptions)

# METADATA
# description: |
#   By rule id and name the parameters that the configured rules' sections give, but for those that a rule reads in
#   their place.
# scope: document
sections := json.remove(_sections, array.concat(
	[[rule_id, "overrides"] | _ := data.guard.config.rules[rule_id].overrides],
	[[rule_id, name] | some name in data.guard.rules[rule_id].in_place],
))

# Each value is read where it stands: what a test puts in the place of one would be merged with what the configuration
# has there if the section were read as a whole.
_sections[rule_id] := {name: value | some name, value in data.guard.config.rules[rule_id]} if {
	some rule_id, _ in data.guard.config.rules
}

# METADATA
# description: By rule id the rules, but for those that are off for every job, with a fact of the job in a glob.
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

# The values themselves may be as long as the deny list.
_types(rule_id) := {name: type_name(data.guard.config.rules[rule_id][name]) |
	some name, _ in data.guard.config.rules[rule_id]
	not name in {"level", "overrides"}
}

# What isn't a list of parts demands nothing.
_needs(rule_id) := needs if {
	needs := data.guard.rules[rule_id].needs
	is_array(needs)
} else := []

# The folder of a rule: asking for the findings instead would evaluate those that are off, too.
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

# Not only one that is true: `exemption_policy: false` is wrong, and refuses all.
_has_exemption_policy if _ := data.guard.config.exemption_policy
