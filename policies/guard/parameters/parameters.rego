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
import future.keywords.not

# METADATA
# description: By rule id the number of the override that applies to the job; none where none matches.
# scope: document
applied[rule_id] := levels.first(data.guard.config.rules[rule_id].overrides, input) if {
	some rule_id, _ in data.guard.config.rules
}

# METADATA
# description: |
#   By rule id and key the number of the override that gives the key for the job. A parameter that may be as long as the
#   deny list is read with it at its place in the configuration, since a value that `of` has is copied.
# scope: document
changed[rule_id][key] := number if {
	some rule_id, number in applied
	some key, _ in data.guard.config.rules[rule_id].overrides[number]
}

# METADATA
# description: By rule id and name the parameters.
# scope: document
of[rule_id][name] := data.guard.config.rules[rule_id][name] if {
	some rule_id, section in data.guard.config.rules
	some name, _ in section
	not changed[rule_id][name]
}

of[rule_id][name] := data.guard.config.rules[rule_id].overrides[number][name] if {
	some rule_id, names in changed
	some name, number in names
}

# METADATA
# description: By rule id and name the parameters, with the job's account, region and partition in their globs.
# scope: document
globs[rule_id][name] := globs_of.filled(value, input) if {
	some rule_id, values in of
	some name, value in values
}
