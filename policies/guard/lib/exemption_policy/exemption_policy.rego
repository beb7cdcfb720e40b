# METADATA
# title: Exemption policy
# description: |
#   The requirements for exemptions, `exemption_policy` in the configuration: `longest_days`, the maximum number of
#   days, counting the first (`starts`) and the last; `ticket_required`; `never`, the ids of rules that can't be
#   exempted; and `wildcards`, whether a scope may use `*` and `?`: "any", "part" (but not alone, for every account or
#   every role, and not in a list that leaves no account out, such as `["0*", "1*", ...]`) or "none". Nothing here
#   depends on the time of a job, so an exemption is judged the same when the bundle is built and when a decision is
#   made.
package guard.lib.exemption_policy

import data.guard.lib.scopes
import data.guard.lib.times
import future.keywords.not

# METADATA
# description: |
#   The exemptions in their order. Each exemption that breaks the policy is replaced by an object with the problems as
#   `refused`. A malformed policy refuses all exemptions.
governed(exemptions, policy) := [_governed(exemption, policy) | some exemption in exemptions] if {
	is_array(exemptions)
} else := exemptions

_governed(exemption, policy) := {"refused": refused} if {
	refused := problems(exemption, policy)
	count(refused) > 0
} else := exemption

# METADATA
# description: Requirements of the policy that an exemption breaks, one text for each. Malformed values are not judged.
problems(exemption, policy) := broken if {
	broken := _policy_problems(policy)
	count(broken) > 0
} else := union({
	_ticket_problems(exemption, policy),
	_length_problems(exemption, policy),
	_rule_problems(exemption, policy),
	_scope_problems(exemption, policy),
}) if {
	is_object(exemption)
} else := set()

_ticket_problems(exemption, policy) := {"it has no ticket, which exemption_policy requires" |
	policy.ticket_required
	not _is_text(exemption.ticket)
}

_length_problems(exemption, policy) := {problem |
	longest := policy.longest_days
	problem := _length_problem(exemption, longest)
}

_length_problem(exemption, longest) := problem if {
	not times.end_of_day(exemption.starts)
	problem := sprintf("it has no valid first day (starts: YYYY-MM-DD); it may last at most %d days", [longest])
} else := problem if {
	days := _days(exemption)
	days > longest
	problem := sprintf("it lasts %d days, from %s to %s; at most %d are allowed", [
		days,
		exemption.starts,
		exemption.expires,
		longest,
	])
}

_days(exemption) := (nanoseconds / 86400000000000) + 1 if {
	nanoseconds := times.end_of_day(exemption.expires) - times.end_of_day(exemption.starts)
}

_rule_problems(exemption, policy) := {problem |
	some rule_id in _listed(exemption.rules)
	rule_id in policy.never
	problem := sprintf("%s can't be exempted", [rule_id])
} | {problem |
	"*" in _listed(exemption.rules)
	count(policy.never) > 0
	problem := sprintf("it is for all rules, and %s can't be exempted; list the rules", [concat(", ", policy.never)])
}

_scope_problems(exemption, policy) := {problem |
	some fact, patterns in exemption.scope
	some pattern in _listed(patterns)
	is_string(pattern)
	problem := _pattern_problem(fact, pattern, policy.wildcards)
} | {problem |
	policy.wildcards == "part"
	some fact, patterns in exemption.scope
	_leaves_none_out(fact, patterns)
	problem := sprintf("scope.%s matches everything: %s", [fact, concat(", ", patterns)])
}

_pattern_problem(fact, pattern, "none") := sprintf("scope.%s has a wildcard: %s", [fact, pattern]) if {
	regex.match(`[*?]`, pattern)
}

_pattern_problem(fact, pattern, "part") := sprintf("scope.%s matches everything: %s", [fact, pattern]) if {
	matches_everything(fact, pattern)
}

# METADATA
# description: |
#   True for a scope's glob that excludes nothing: one of only wildcards, separators and, for a role, text that the ARNs
#   of all roles have in common.
# scope: document
matches_everything("role_arn", pattern) if {
	regex.match(`^[*?:]*(arn|ar?\*)?[*?:]*(aws[a-z-]*|aw?\*)?[*?:]*(iam|ia?\*)?[*?:]*(role|rol?\*|r\*)?[*?:/]*$`, pattern)
}

matches_everything(fact, pattern) if {
	fact in {"account", "job_kind", "job_name"}
	regex.match(`^[*?]+$`, pattern)
}

matches_everything("region", pattern) if regex.match(`^[*?-]+$`, pattern)

matches_everything("image", pattern) if regex.match(`^[*/:@.]+$`, pattern)

# True for a list whose globs together match all examples. The examples have as little as possible in common: a list
# that matches everything always matches them all, and few other lists do. All globs are compared as one expression,
# however long the list is.
_leaves_none_out(fact, patterns) if {
	is_array(patterns)
	scopes.valid(patterns)
	not _matches_alone(fact, patterns)
	expression := concat("", ["(?m)", scopes.expression(fact, patterns)])
	some examples in _examples[fact]
	count(regex.find_n(expression, concat("\n", examples), -1)) == count(examples)
}

_matches_alone(fact, patterns) if {
	some pattern in patterns
	matches_everything(fact, pattern)
}

_examples := {
	"account": [array.concat(_accounts, [sprintf("%03d80317045%d", [n, n % 10]) | some n in numbers.range(0, 999)])],
	# A deployment is in one partition.
	"role_arn": [array.concat(of_accounts, of_names) |
		some partition in ["aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"]
		of_accounts := [sprintf("arn:%s:iam::%s:role/Zephyr-1", [partition, account]) | some account in _accounts]
		of_names := [sprintf("arn:%s:iam::280317045296:role/%s", [partition, name]) | some name in _names]
	],
}

# Every first digit with every last digit, and accounts of one repeated digit: no glob with a fixed digit matches all.
# Combinations of three first digits would reveal more lists, but would be too many for roles.
_accounts := array.concat(
	[sprintf("%d8031704529%d", [first, last]) | some first in numbers.range(0, 9); some last in numbers.range(0, 9)],
	[sprintf("%d%d", [digit * 111111, digit * 111111]) | some digit in numbers.range(1, 9)],
)

# One name for each character that a role's name may begin with, ignoring case.
_names := split("a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 + = , . @ _ -", " ")

_listed(values) := values if {
	is_array(values)
} else := [values]

_wildcards := {"any", "part", "none"}

_policy_problems(policy) := union({
	{sprintf("unknown key exemption_policy.%v", [key]) |
		some key in (object.keys(policy) - {"longest_days", "ticket_required", "never", "wildcards"})
	},
	{"exemption_policy.longest_days must be a whole number of days" |
		longest := policy.longest_days
		not _is_days(longest)
	},
	{"exemption_policy.ticket_required must be true or false" |
		required := policy.ticket_required
		not is_boolean(required)
	},
	{"exemption_policy.never must be a list of rule ids" |
		never := policy.never
		not _are_texts(never)
	},
	{`exemption_policy.wildcards must be "any", "part" or "none"` |
		wildcards := policy.wildcards
		not wildcards in _wildcards
	},
}) if {
	is_object(policy)
} else := {"exemption_policy must be a mapping"}

_is_days(value) if {
	is_number(value)
	value == floor(value)
	value > 0
}

_is_text(value) if {
	is_string(value)
	trim_space(value) != ""
}

_are_texts(values) if {
	is_array(values)
	every value in values {
		is_string(value)
	}
}
