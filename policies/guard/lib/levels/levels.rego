# METADATA
# title: Levels and overrides
# description: |
#   The levels in a rule's section of the configuration: its own `level`, and `overrides` for some jobs. An override has
#   at least one of account, region, role_arn and job_kind, each a glob or a list of globs, and what it changes for
#   these jobs: the `level`, parameters that the section has as well, or both. The first override that matches applies.
#   For a job with several roles, an override to `deny` matches if one role does, any other override only if all roles
#   do.
package guard.lib.levels

import data.guard.lib.scopes
import future.keywords.not

# METADATA
# description: |
#   Valid overrides in the form that decisions need, computed from the configuration alone: their scopes as regular
#   expressions, their level if they have one, the keys that they give, and the index of their scopes.
prepared(overrides) := {
	"overrides": [_prepared(override) | some override in overrides],
	"index": scopes.index([object.filter(override, _facts) | some override in overrides]),
}

_prepared(override) := object.union(
	object.filter(override, {"level"}),
	{
		"strictness": _strictness(override),
		"scope": {_scope_fact(fact): scopes.expression(fact, patterns) |
			some fact, patterns in object.filter(override, _facts)
		},
		"keys": {key: true | some key, _ in object.remove(override, _facts)},
	},
)

# Only roles that the job runs as: the job's owner could choose an override by naming other roles in the job.
_scope_fact("role_arn") := "execution_role_arn"

_scope_fact(fact) := fact if fact != "role_arn"

# METADATA
# description: The number of the first prepared override that matches the job; undefined if none does.
first(prepared, document) := min({number |
	some number in scopes.candidates(prepared.index, document)
	not _mismatches(prepared.overrides[number], document)
})

# METADATA
# description: |
#   True if roles that are temporarily unavailable could change which prepared override matches first: the rule's level
#   is uncertain until the roles can be read.
undecided(prepared, document) if {
	scopes.unread("execution_role_arn", document)
	candidates := scopes.candidates(prepared.index, document)
	some number in candidates
	_depends_on_roles(prepared.overrides[number], document)
	not _is_preceded(number, candidates, prepared.overrides, document)
}

_depends_on_roles(override, document) if {
	others := json.remove(override, [["scope", "execution_role_arn"]])
	not _mismatches(others, document)
	_could_change(override.strictness, override.scope.execution_role_arn, document)
}

_could_change("any", globs, document) if not scopes.holds("execution_role_arn", globs, document, "any")

_could_change("all", globs, document) if scopes.could_hold("execution_role_arn", globs, document)

_is_preceded(number, candidates, overrides, document) if {
	some earlier in candidates
	earlier < number
	not _mismatches(overrides[earlier], document)
	not _depends_on_roles(overrides[earlier], document)
}

# METADATA
# description: |
#   The problems of a rule's level and overrides, one text for each. `types` is the type of each parameter in the
#   section, by name.
problems(level, overrides, types) := _level_problems(level) | _overrides_problems(overrides, types)

_names := {"off", "warn", "deny"}

_facts := {"account", "region", "role_arn", "job_kind"}

_mismatches(override, document) if {
	some fact, expression in override.scope
	not scopes.holds(fact, expression, document, override.strictness)
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
