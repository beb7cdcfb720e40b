# METADATA
# title: Scopes
# description: |
#   The jobs that an override or an exemption is for: a mapping from facts of the job to a glob or a list of globs. In a
#   glob `*` stands for any characters and `?` for one character, and a glob matches the whole value. All facts of a
#   scope must match. Decisions compare many scopes, so each list of globs is compared as one regular expression.
package guard.lib.scopes

import data.guard.lib.availability
import future.keywords.not

# METADATA
# description: True for a valid glob or a list of valid globs; only these can be compared without an error.
valid(patterns) if _valid_list(_listed(patterns))

# METADATA
# description: |
#   Valid globs for a fact as one regular expression, computed from the configuration alone. Roles are compared without
#   regard to case, like role names in IAM.
expression(fact, patterns) := concat("", [_start(fact), alternatives, ")$"]) if {
	alternatives := strings.replace_n(_regular, concat("\n", _listed(patterns)))
}

_start("role_arn") := "(?i)^("

_start(fact) := "^(" if fact != "role_arn"

# METADATA
# description: |
#   An index of scopes by the facts that identify jobs exactly: account, job name and role. Few of many scopes are for
#   one job, and `candidates` finds these without comparing the others.
index(scopes) := {
	"by_text": {text: [number | some number in numbers] | some text, numbers in object.union_n(entries)},
	"by_role": [number | some number, [fact, _] in narrow; fact == "role_arn"],
	"others": [number | some number, _ in scopes; not narrow[number]],
} if {
	narrow := {number: [facts[0], scope[facts[0]]] |
		some number, scope in scopes
		facts := [fact | some fact in _narrow; _is_exact(scope[fact])]
	}
	entries := [{lower(text): {format_int(number, 10): number}} |
		some number, [_, patterns] in narrow
		some text in _listed(patterns)
	]
}

# METADATA
# description: |
#   Numbers of the scopes that may hold for the document, or could hold because facts are temporarily unavailable. No
#   other scope holds.
candidates(index, document) := union({
	{number | some text in _texts(document); some number in index.by_text[text]},
	{number | some number in index.others},
	{number | not availability.known("job.role_arns", document); some number in index.by_role},
})

# METADATA
# description: |
#   True if the fact matches the expression; an unknown fact matches nothing. For a job with several roles, `strictness`
#   decides: with "any" one matching role is enough, with "all" every role must match, so that a scope that relaxes a
#   rule doesn't cover jobs of other roles.
holds(fact, globs, document, strictness) if {
	values := _values(fact, document)
	matched := {value | some value in values; regex.match(globs, value)}
	_enough(strictness, matched, values)
}

# METADATA
# scope: document
# description: |
#   True if the fact matches the expression with strictness "all", or could match once temporarily unavailable roles are
#   known: such a role could be any.
could_hold(fact, globs, document) if holds(fact, globs, document, "all")

could_hold(fact, globs, document) if {
	unread(fact, document)
	every value in _values(fact, document) {
		regex.match(globs, value)
	}
}

# METADATA
# scope: document
# description: |
#   True if the fact is about roles that are temporarily unavailable. The role of a model that can't be read doesn't
#   matter for the role that the job runs as, if the job itself names that role.
unread("role_arn", document) if not availability.known("job.role_arns", document)

unread("execution_role_arn", document) if not availability.known("job.execution_role_arns", document)

_enough("any", matched, _) if count(matched) > 0

_enough("all", matched, values) if {
	count(values) > 0
	matched == values
}

_values("account", document) := {document.account}

_values("region", document) := {document.region}

_values("role_arn", document) := {role | some role in document.job.role_arns}

# Documents that are older than `execution_role_arns`: all roles.
_values("execution_role_arn", document) := roles if {
	roles := {role | some role in document.job.execution_role_arns}
	is_array(document.job.execution_role_arns)
} else := {role | some role in document.job.role_arns}

_values("job_kind", document) := {document.job.kind}

_values("job_name", document) := {document.job.name}

# The most selective fact first.
_narrow := ["job_name", "role_arn", "account"]

_is_exact(patterns) if {
	every pattern in _listed(patterns) {
		not regex.match(`[*?]`, pattern)
	}
}

_texts(document) := {lower(text) |
	some texts in [
		[account | account := document.account],
		[name | name := document.job.name],
		[role | some role in document.job.role_arns],
		[role | some role in document.job.execution_role_arns],
	]
	some text in texts
	is_string(text)
}

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
