# METADATA
# title: Job kinds
# description: |
#   The job kinds that a rule is about. The generated table lists the known kinds, so that a misspelt kind doesn't make
#   a rule skip jobs.
package guard.lib.kinds

# METADATA
# description: The kinds that a rule names; empty, which means every kind, if one of them is unknown.
named(kinds) := kinds if {
	is_array(kinds)
	every kind in kinds { kind in known }
} else := []

# METADATA
# description: |
#   The rules that aren't about the document's job, according to the `limits` of the plan: rules about other kinds, and
#   rules that need a part that the job lacks. A document that is older than `job.parts` has every part.
about_others(limits, document) := array.concat(
	object.get(limits.kinds, document.job.kind, limits.unknown_kinds),
	[rule_id |
		is_array(document.job.parts)
		some ids in object.remove(limits.needs, document.job.parts)
		some rule_id in ids
	],
)
