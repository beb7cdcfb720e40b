# METADATA
# title: Scopes
# description: |
#   What an override or an exemption is for: a mapping from facts of the job to a glob or a list of globs. In a glob `*`
#   stands for any characters and `?` for one, and it matches the whole value. All facts of a scope must match.
#   Decisions compare many scopes, so a list of globs is compared at once, as one regular expression.
package guard.lib.scopes

import data.guard.lib.availability
import future.keywords.not

# METADATA
# description: True for a glob, or a list of globs, that can be compared without an error.
valid(patterns) if _valid_list(_listed(patterns))

# METADATA
# description: |
#   Valid globs for a fact as one regular expression, which depends on the configuration alone. Roles compare without
#   regard to case, as their names do in IAM.
expression(fact, patterns) := concat("", [_start(fact), alternatives, ")$"]) if {
	alternatives := strings.replace_n(_regular, concat("\n", _listed(patterns)))
}

_start("role_arn") := "(?i)^("

_start(fact) := "^(" if fact != "role_arn"

# METADATA
# description: |
#   True if the fact matches the expression; unknown matches nothing. `strictness` decides for a job with several roles:
#   with "any" one that matches is enough, with "all" every one must match, so that a scope that relaxes covers no other
#   role's job.
holds(fact, globs, document, strictness) if {
	values := _values(fact, document)
	matched := {value | some value in values; regex.match(globs, value)}
	_enough(strictness, matched, values)
}

# METADATA
# scope: document
# description: |
#   True if the fact could match the expression as a scope that relaxes needs it, for all that is known of the job: a
#   role that can't be read for now could be any.
could_hold(fact, globs, document) if holds(fact, globs, document, "all")

could_hold(fact, globs, document) if {
	not availability.known("job.role_arns", document)
	every value in _values(fact, document) {
		regex.match(globs, value)
	}
}

_enough("any", matched, _) if count(matched) > 0

_enough("all", matched, values) if {
	count(values) > 0
	matched == values
}

_values("account", document) := {document.account}

_values("region", document) := {document.region}

_values("role_arn", document) := {role | some role in document.job.role_arns}

# In a document from before, all roles.
_values("execution_role_arn", document) := roles if {
	roles := {role | some role in document.job.execution_role_arns}
	is_array(document.job.execution_role_arns)
} else := {role | some role in document.job.role_arns}

_values("job_kind", document) := {document.job.kind}

_values("job_name", document) := {document.job.name}

_listed(patterns) := patterns if {
	is_array(patterns)
} else := [patterns]

_regular := {
	"*": ".*",
	"?": ".",
	"\n": "|",
	".": `\.`,
	"+": `\+`,
	"(": `\(`,
	")": `\)`,
	"|": `\|`,
	"^": `\^`,
	"$": `\$`,
}

_valid_list(patterns) if {
	{type_name(pattern) | some pattern in patterns} == {"string"}
	not "" in patterns
	not regex.match(`[\[\]{}\\\n]`, concat("", patterns))
}
