# METADATA
# title: Parameters
# description: |
#   The rules' parameters for one job. The first override that matches the job applies: its level and parameters replace
#   those of the rule's section, the others stay. All parameters are computed at once, which is cheaper than computing
#   each one that a rule reads.
#
#   A rule reads a parameter as `parameters.of.<rule_id>.<parameter>`, and one with globs as
#   `parameters.globs.<rule_id>.<parameter>`, in which `{account}`, `{region}` and `{partition}` are those of the job.
#   Both are undefined for a parameter that isn't configured.
# schemas:
#   - input: schema.input
package guard.parameters

import data.guard.lib.globs as globs_of
import data.guard.lib.levels
import data.guard.plan
import future.keywords.not

# METADATA
# description: The number of the override that applies to the job, by rule id; undefined for a rule without a match.
# scope: document
applied[rule_id] := levels.first(plan.scoped[rule_id], input) if some rule_id, _ in plan.scoped

# METADATA
# description: |
#   The number of the override that gives a key for the job, by rule id and key. A rule needs it to read a parameter
#   that may be as large as the deny list in place, which means directly in the configuration.
# scope: document
changed[rule_id][key] := number if {
	some rule_id, number in applied
	some key, _ in plan.scoped[rule_id].overrides[number].keys
}

# METADATA
# description: The parameters by rule id and name, except those that a rule reads in place.
# scope: document
of := plan.sections if {
	plan.scoped == {}
} else := object.union(object.remove(plan.sections, _given), _overridden)

_overridden[rule_id] := object.union(object.remove(plan.sections[rule_id], given), given) if {
	some rule_id, given in _given
}

_given[rule_id] := plan.given[rule_id][number] if some rule_id, number in applied

# METADATA
# description: The parameters by rule id and name, with the job's account, region and partition filled into their globs.
# scope: document
globs := of if {
	plan.filled == {}
} else := object.union(
	object.remove(of, plan.filled),
	globs_of.filled(object.filter(of, plan.filled), globs_of.facts(input)),
)
