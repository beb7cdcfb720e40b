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
