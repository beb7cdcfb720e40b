# METADATA
# title: Levels
# description: |
#   The level of a rule for one job: that of the first override that matches, else the rule's own. An override gives
#   `level` and at least one of account, region, role_arn and job_kind, each a glob or a list of globs. For a job with
#   several roles an override to `deny` matches if one of them does, any other only if all of them do.
package guard.lib.levels

import data.guard.lib.scopes
import future.keywords.not

# METADATA
# description: The level, and as `source` the config entry that set it, like `level` or `overrides[0]`.
resolve(level, overrides, document) := {"level": overrides[i].level, "source": sprintf("overrides[%d]", [i])} if {
	i := min([number | some number, override in overrides; _matches(override, document)])
} else := {"level": level, "source": "level"}

# METADATA
# description: What is wrong with a rule's level and overrides, one text for each.
problems(level, overrides) := set() if {
	_are_right(level, overrides)
} else := _level_problems(level) | _overrides_problems(overrides)

# Each decision asks for the problems of each rule: the quick way to say that there are none.
_are_right(level, overrides) if {
	_is_level(level)
	is_array(overrides)
	not _has_wrong_override(overrides)
}

_has_wrong_override(overrides) if {
	some override in overrides
	not _is_right(override)
}

_is_right(override) if {
	_is_level(override.level)
	count(override) > 1
	count([fact | some fact, patterns in override; fact in _facts; scopes.valid(patterns)]) == count(override) - 1
}

_names := {"off", "warn", "deny"}

_facts := {"account", "region", "role_arn", "job_kind"}

_matches(override, document) if not _differs(override, document)

_differs(override, document) if {
	strictness := _strictness(override.level)
	some fact, patterns in override
	fact in _facts
	not scopes.matches(fact, patterns, document, strictness)
}

_strictness(level) := "any" if {
	level == "deny"
} else := "all"

_level_problems(level) := {message |
	not _is_level(level)
	message := sprintf(`level must be "off", "warn" or "deny" (in quotes), not %v`, [level])
}

_is_level(level) if level in _names

_overrides_problems(overrides) := {message |
	some i, override in overrides
	some problem in _override_problems(override)
	message := sprintf("overrides[%d]: %s", [i, problem])
} if {
	is_array(overrides)
} else := {"overrides must be a list"}

_override_problems(override) := _missing(override) | {message |
	some key, value in override
	message := _key_problem(key, value)
} if {
	is_object(override)
} else := {"must be a mapping"}

_missing(override) := {"must give a level, and an account, region, role_arn or job_kind"} if {
	not _is_complete(override)
} else := set()

_is_complete(override) if {
	"level" in object.keys(override)
	count(override) > 1
}

_key_problem(key, value) := message if {
	key == "level"
	some message in _level_problems(value)
}

_key_problem(key, value) := sprintf("%s must be a glob or a list of globs (* and ? only)", [key]) if {
	key in _facts
	not scopes.valid(value)
}

_key_problem(key, _) := sprintf("unknown key %v", [key]) if not key in (_facts | {"level"})
