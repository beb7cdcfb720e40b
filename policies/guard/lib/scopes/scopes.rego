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
#   Which of many scopes could hold for a job, by what names it exactly: its account, its name or one of its roles. Few
#   of them are for one job, and `candidates` finds these without a look at the others.
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
#   Numbers of the scopes that may hold for the document, or could for what can't be read of it for now. No other one
#   does.
candidates(index, document) := union({
	{number | some text in _texts(document); some number in index.by_text[text]},
	{number | some number in index.others},
	{number | not availability.known("job.role_arns", document); some number in index.by_role},
})

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
	unread(fact, document)
	every value in _values(fact, document) {
		regex.match(globs, value)
	}
}

# METADATA
# scope: document
# description: |
#   True if the fact is of roles that can't be read for now. That a model which can't be read has one, too, changes
#   nothing about the role that its job runs as, where the job tells that itself.
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

# In a document from before, all roles.
_values("execution_role_arn", document) := roles if {
	roles := {role | some role in document.job.execution_role_arns}
	is_array(document.job.execution_role_arns)
} else := {role | some role in document.job.role_arns}

_values("job_kind", document) := {document.job.kind}

_values("job_name", document) := {document.job.name}

# By how few jobs they tell apart.
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
