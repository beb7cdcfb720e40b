# METADATA
# title: Levels and overrides
# description: |
#   What a rule's section of the configuration says about levels: its own `level`, and `overrides` for some jobs. An
#   override gives at least one of account, region, role_arn and job_kind, each a glob or a list of globs, and what is
#   different for these jobs: a `level`, parameters that the section gives too, or both. The first that matches applies.
#   For a job with several roles an override to `deny` matches if one of them does, any other only if all of them do.
package guard.lib.levels

import data.guard.lib.availability
import data.guard.lib.scopes
import future.keywords.not

# METADATA
# description: Number of the first override that matches; undefined if none does.
first(overrides, document) := min([number |
	some number, override in overrides
	_matches(override, document)
])

# METADATA
# description: |
#   True if it depends on roles that can't be read for now which override is the first that matches: until they can be,
#   the rule has no level that is sure.
undecided(overrides, document) if {
	not availability.known("job.role_arns", document)
	some number, override in overrides
	_depends_on_roles(override, document)
	not _is_preceded(number, overrides, document)
}

_depends_on_roles(override, document) if {
	others := object.remove(override, {"role_arn"})
	not _differs(others, document)
	_could_change(_strictness(override), override.role_arn, document)
}

_could_change("any", patterns, document) if not scopes.matches("role_arn", patterns, document, "any")

_could_change("all", patterns, document) if scopes.could_match("role_arn", patterns, document)

_is_preceded(number, overrides, document) if {
	some earlier, override in overrides
	earlier < number
	_matches(override, document)
	not _depends_on_roles(override, document)
}

# METADATA
# description: |
#   What is wrong with a rule's level and overrides, one text for each. `types` has the type of each parameter that the
#   section gives, by its name.
problems(level, overrides, types) := set() if {
	_are_right(level, overrides, types)
} else := _level_problems(level) | _overrides_problems(overrides, types)

# Each decision asks for the problems of each rule: the quick way to say that there are none.
_are_right(level, overrides, types) if {
	_is_level(level)
	is_array(overrides)
	not _has_wrong_override(overrides, types)
}

_has_wrong_override(overrides, types) if {
	some override in overrides
	count(_override_problems(override, types)) > 0
}

_names := {"off", "warn", "deny"}

_facts := {"account", "region", "role_arn", "job_kind"}

_matches(override, document) if not _differs(override, document)

_differs(override, document) if {
	strictness := _strictness(override)
	some fact in _facts
	patterns := override[fact]
	not scopes.matches(fact, patterns, document, strictness)
}

_strictness(override) := "any" if {
	override.level == "deny"
} else := "all"

_level_problems(level) := {message |
	not _is_level(level)
	message := sprintf(`level must be "off", "warn" or "deny" (in quotes), not %v`, [level])
}

_is_level(level) if level in _names

_overrides_problems(overrides, types) := {message |
	some i, override in overrides
	some problem in _override_problems(override, types)
	message := sprintf("overrides[%d]: %s", [i, problem])
} if {
	is_array(overrides)
} else := {"overrides must be a list"}

_override_problems(override, types) := _missing(override) | {message |
	some key, value in override
	message := _key_problem(key, value, types)
} if {
	is_object(override)
} else := {"must be a mapping"}

_missing(override) := {"must give an account, region, role_arn or job_kind, and a level or a parameter"} if {
	not _is_complete(override)
} else := set()

_is_complete(override) if {
	facts := object.keys(override) & _facts
	count(facts) > 0
	count(override) > count(facts)
}

_key_problem("level", value, _) := message if some message in _level_problems(value)

_key_problem(key, value, _) := sprintf("%s must be a glob or a list of globs (* and ? only)", [key]) if {
	key in _facts
	not scopes.valid(value)
}

_key_problem(key, value, types) := sprintf("%s must be %s, as in the rule's section", [key, types[key]]) if {
	not key in _facts
	type_name(value) != types[key]
}

_key_problem(key, _, types) := sprintf("unknown key %v", [key]) if {
	not key in (_facts | {"level"})
	not types[key]
}
