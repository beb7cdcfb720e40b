# METADATA
# title: Parameters
# description: |
#   What the configuration gives the rules for one job. The first override that matches the job applies: what it gives
#   replaces level or parameters of the rule's section, the rest stays. A rule reads a parameter as
#   `parameters.of.<rule_id>.<parameter>`, and one with globs as `parameters.globs.<rule_id>.<parameter>`, in which
#   `{account}`, `{region}` and `{partition}` are those of the job. Neither is defined for what isn't configured.
# schemas:
#   - input: schema.input
package guard.parameters

import data.guard.lib.globs as globs_of
import data.guard.lib.levels
import data.guard.plan
import future.keywords.not

# METADATA
# description: By rule id the number of the override that applies to the job; none where none matches.
# scope: document
applied[rule_id] := levels.first(plan.scoped[rule_id], input) if some rule_id, _ in plan.scoped

# METADATA
# description: |
#   By rule id and key the number of the override that gives the key for the job. A parameter that may be as long as the
#   deny list is read with it at its place in the configuration, since a value that `of` has is copied.
# scope: document
changed[rule_id][key] := number if {
	some rule_id, overrides in plan.scoped
	number := applied[rule_id]
	some key, _ in overrides[number].keys
}

# METADATA
# description: By rule id and name the parameters.
# scope: document
of[rule_id][name] := data.guard.config.rules[rule_id][name] if {
	some rule_id, name
	plan.constant[rule_id]
}

of[rule_id][name] := _for_job(rule_id, name) if {
	some rule_id, _ in plan.varied
	some name, _ in data.guard.config.rules[rule_id]
}

# METADATA
# description: By rule id and name the parameters, with the job's account, region and partition in their globs.
# scope: document
globs[rule_id][name] := data.guard.config.rules[rule_id][name] if {
	some rule_id, name
	plan.constant[rule_id]
}

globs[rule_id][name] := _filled(rule_id, name) if {
	some rule_id, _ in plan.varied
	some name, _ in data.guard.config.rules[rule_id]
}

_for_job(rule_id, name) := given if {
	given := _overriding[rule_id][name]
} else := data.guard.config.rules[rule_id][name]

_overriding[rule_id][name] := data.guard.config.rules[rule_id].overrides[number][name] if {
	some rule_id, _ in plan.scoped
	some name, number in changed[rule_id]
}

_filled(rule_id, name) := globs_of.filled(_for_job(rule_id, name), input) if {
	plan.filled[rule_id][name]
} else := _for_job(rule_id, name)
