# METADATA
# title: Parameters
# description: |
#   What the configuration gives the rules for one job. The first override that matches the job applies: what it gives
#   replaces level or parameters of the rule's section, the rest stays. All are worked out at once, which is cheaper
#   than to look for each that a rule reads.
#
#   A rule reads a parameter as `parameters.of.<rule_id>.<parameter>`, and one with globs as
#   `parameters.globs.<rule_id>.<parameter>`, in which `{account}`, `{region}` and `{partition}` are those of the job.
#   Neither is defined for what isn't configured.
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
#   By rule id and key the number of the override that gives the key for the job. With it a parameter that may be as
#   long as the deny list is read in its place in the configuration.
# scope: document
changed[rule_id][key] := number if {
	some rule_id, number in applied
	some key, _ in plan.scoped[rule_id].overrides[number].keys
}

# METADATA
# description: By rule id and name the parameters, but for those that a rule reads in their place.
# scope: document
of := plan.sections if {
	plan.scoped == {}
} else := object.union(object.remove(plan.sections, _given), _overridden)

_overridden[rule_id] := object.union(object.remove(plan.sections[rule_id], given), given) if {
	some rule_id, given in _given
}

_given[rule_id] := plan.given[rule_id][number] if some rule_id, number in applied

# METADATA
# description: By rule id and name the parameters, with the job's account, region and partition in their globs.
# scope: document
globs := of if {
	plan.filled == {}
} else := object.union(
	object.remove(of, plan.filled),
	globs_of.filled(object.filter(of, plan.filled), globs_of.facts(input)),
)
