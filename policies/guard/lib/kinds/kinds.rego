# METADATA
# title: Job kinds
# description: |
#   Which job kinds a rule is about. Those that the guard knows stand in the generated table, so that a misspelt kind
#   leaves no job out.
package guard.lib.kinds

# METADATA
# description: The kinds that a rule names; none, which means every kind, unless all of them are known.
named(kinds) := kinds if {
	is_array(kinds)
	every kind in kinds { kind in known }
} else := []

# METADATA
# description: |
#   The rules that aren't about the document's job, by the `limits` of the plan: they are about other kinds, or need
#   what it lacks. A document from before the parts of jobs lacks nothing.
about_others(limits, document) := array.concat(
	object.get(limits.kinds, document.job.kind, limits.unknown_kinds),
	[rule_id |
		is_array(document.job.parts)
		some ids in object.remove(limits.needs, document.job.parts)
		some rule_id in ids
	],
)
