# METADATA
# title: Exemptions
# description: |
#   An exemption removes findings of some rules from the verdict, for the jobs of a scope and until a date. It has id,
#   owner, reason, rules (rule ids, or "*" for all), scope, expires (YYYY-MM-DD), and optionally ticket and starts
#   (YYYY-MM-DD). The scope has at least one of account, region, role_arn, job_kind and job_name, each a glob or a
#   list of globs, and image, an entry or a list of entries as in the deny list. All keys of a scope must match.
#
#   - An exemption is valid from the beginning of its first day, if it has one, to the end of its last day, in UTC,
#     compared with the time of the document.
#   - A scope with image covers a finding about an image if an entry names that image, and a finding about no image if
#     entries name all images of the job. An entry with a registry is for that registry alone, and a wildcard in the
#     registry stays within its name. No entry names an unknown image.
#   - A job with several roles is covered only if all of them match.
#   - A role or an image that is temporarily unavailable could be any: it doesn't end an exemption.
#   - An exemption that is expired, malformed, or `refused` by the exemption policy exempts nothing and is reported.
#
#   The owner of a job controls how many findings and images it has, so the work is done in steps that don't multiply:
#   once per configuration, once per job, once per image that an exemption is about, and once per subject. A subject is
#   what a finding is about: an image, or the job.
package guard.lib.exemptions

import data.guard.lib.availability
import data.guard.lib.images
import data.guard.lib.scopes
import data.guard.lib.times
import future.keywords.not

# METADATA
# description: |
#   Everything that depends on the configuration alone: the `valid` exemptions with their scopes as regular expressions,
#   the `index` of these scopes, and the `malformed` exemptions as findings to report.
prepared(exemptions) := {
	"valid": [_prepared(number, exemption) |
		some number, exemption in exemptions
		count(found[number]) == 0
	],
	"index": scopes.index([exemption.scope |
		some number, exemption in exemptions
		count(found[number]) == 0
	]),
	"malformed": [_malformed(number, texts) |
		some number, texts in found
		count(texts) > 0
	],
} if {
	is_array(exemptions)
	found := {number: problems(exemption) | some number, exemption in exemptions}
} else := {"valid": [], "malformed": [{
	"message": "The exemptions exempt nothing: they must be a list.",
	"details": {"config": "exemptions"},
}]}

# METADATA
# description: |
#   The valid exemptions whose scope includes the job, not considering images; `expired` marks those that have ended. A
#   temporarily unavailable fact counts as matching the scope of a current exemption, but not that of an expired one.
for_job(prepared, document) := [object.union(exemption, {"expired": expired}) |
	some number in scopes.candidates(prepared.index, document)
	exemption := prepared.valid[number]
	now >= exemption.from
	expired := now > exemption.until
	not _is_out_of_scope(exemption.scope, expired, document)
] if {
	now := times.instant(document.source.time)
}

# METADATA
# description: |
#   The subject of a finding with these details. A finding about a setting also has a `slot`, the map that contains the
#   setting, but no image.
subject(details) := of_image if {
	of_image := [details.slot, details.image]
} else := "job"

# METADATA
# description: |
#   Numbers of the `known_images` that some exemption may name. Most images are named by none, which one comparison with
#   all exemptions together shows.
nameable(exemptions, known) := {number |
	some number, image in known
	_may_be_named(image, entries, words)
} if {
	entries := {entry: null | some exemption in exemptions; some entry in exemption.images.entries}
	words := sprintf("{%s}", [concat(",", [exemption.images.words | some exemption in exemptions])])
}

_may_be_named(image, _, _) if image.unread

_may_be_named(image, entries, _) if object.filter(entries, image.keys) != {}

_may_be_named(image, _, words) if {
	image.text != ""
	glob.match(words, null, image.text)
}

# METADATA
# description: |
#   The subjects that an exemption with images covers: those of the known images that it names, and "job" if it names
#   all of them. `candidates` are the numbers of the `nameable` images.
covered(exemption, known, candidates) := subjects | {"job" | count(named) == count(known)} if {
	named := {number | some number in candidates; _is_named(exemption, known[number])}
	named != set()
	others := {image.subject | some number, image in known; not number in named}
	subjects := {known[number].subject | some number in named} - others
} else := set()

# METADATA
# description: |
#   The job's images in the form that `covered` needs. If images are temporarily unavailable, an extra item that is only
#   `unread`, and so the subject of no finding, stands for the images that aren't listed. If the document has left out
#   entries, an extra item that no exemption names stands for the omitted images.
known_images(document) := array.flatten([
	[{
		"subject": [image.slot, image.raw],
		"keys": images.pulled_keys(image),
		"text": images.pulled_text(image),
		"unread": object.get(image, ["error", "code"], null) == "unavailable",
	} |
		some image in document.images
	],
	[{"unread": true} | not availability.known("images", document)],
	[{} | document.entries_omitted > 0],
])

# METADATA
# description: True if the exemption is about the rule.
is_about(exemption, rule_id) if {
	some rule in exemption.rules
	rule in {"*", rule_id}
}

# METADATA
# description: The finding about an expired exemption that would cover findings of these rules.
notice(exemption, rule_ids) := {
	"message": sprintf("Exemption %s from %s has expired.", [exemption.id, concat(", ", rule_ids)]),
	"details": {
		"config": sprintf("exemptions[%d]", [exemption.number]),
		"exemption": exemption.id,
		"owner": exemption.owner,
		"expires": exemption.expires,
		"rules": rule_ids,
	},
}

# METADATA
# description: The problems of an exemption, one text for each.
problems(exemption) := exemption.refused if {
	# Only the exemption policy sets `refused` to a set: a configuration, being JSON, can't contain one.
	is_set(exemption.refused)
} else := union({
	{sprintf("unknown key %v", [key]) | some key in (object.keys(exemption) - (_required | {"ticket", "starts"}))},
	{sprintf("%s is missing", [key]) | some key in (_required - object.keys(exemption))},
	{sprintf("%s must be a text", [key]) |
		some key, value in object.filter(exemption, {"id", "owner", "reason", "ticket"})
		not _is_text(value)
	},
	{"rules must be a list of rule ids" | not _are_texts(object.get(exemption, "rules", ["*"]))},
	{"starts must be a day as YYYY-MM-DD" | not times.end_of_day(object.get(exemption, "starts", "2000-01-01"))},
	{"expires must be a day as YYYY-MM-DD" | not times.end_of_day(object.get(exemption, "expires", "2000-01-01"))},
	_scope_problems(object.get(exemption, "scope", {"account": "*"})),
}) if {
	is_object(exemption)
} else := {"must be a mapping"}

_required := {"id", "owner", "reason", "rules", "scope", "expires"}

_facts := {"account", "region", "role_arn", "job_kind", "job_name"}

_prepared(number, exemption) := {
	"number": number,
	"id": exemption.id,
	"owner": exemption.owner,
	"rules": exemption.rules,
	"expires": exemption.expires,
	"from": _start_of_day(object.get(exemption, "starts", "2000-01-01")),
	"until": times.end_of_day(exemption.expires),
	"scope": {fact: scopes.expression(fact, patterns) |
		some fact, patterns in object.remove(exemption.scope, {"image"})
	},
	"images": _images(object.get(exemption.scope, "image", null)),
}

_start_of_day(day) := (times.end_of_day(day) - _day) + 1

# A day in nanoseconds.
_day := 86400000000000

_images(null) := null

_images(entries) := {
	"entries": [entry | some entry in _listed(entries); not contains(entry, "*")],
	"expression": images.pulled_expression([entry | some entry in _listed(entries); contains(entry, "*")]),
	"words": images.any_word(images.words([entry | some entry in _listed(entries); contains(entry, "*")])),
} if {
	entries != null
}

_malformed(number, found) := {
	"message": sprintf("An exemption exempts nothing: %s.", [concat(", ", sort(found))]),
	"details": {"config": sprintf("exemptions[%d]", [number])},
}

_is_out_of_scope(scope, false, document) if {
	some fact, expression in scope
	not scopes.could_hold(fact, expression, document)
}

_is_out_of_scope(scope, true, document) if {
	some fact, expression in scope
	not scopes.holds(fact, expression, document, "all")
}

_is_out_of_scope(scope, true, document) if {
	"role_arn" in object.keys(scope)
	not availability.known("job.role_arns", document)
}

# A role that the document has left out, because there are too many, could be any role.
_is_out_of_scope(scope, _, document) if {
	"role_arn" in object.keys(scope)
	document.job.role_arns_omitted > 0
}

_is_named(exemption, image) if {
	image.unread
	not exemption.expired
}

_is_named(exemption, image) if {
	some entry in exemption.images.entries
	entry in image.keys
}

_is_named(exemption, image) if {
	glob.match(exemption.images.words, null, image.text)
	images.in_text(exemption.images.expression, image.text)
}

_scope_problems(scope) := union({
	{sprintf("unknown key scope.%v", [key]) | some key in (object.keys(scope) - (_facts | {"image"}))},
	{sprintf("scope.%s must be a glob or a list of globs (* and ? only)", [fact]) |
		some fact, patterns in object.filter(scope, _facts)
		not scopes.valid(patterns)
	},
	{"scope.image must be an entry or a list of entries" | not _are_texts(_listed(object.get(scope, "image", "*")))},
	{"scope must not be empty" | count(scope) == 0},
}) if {
	is_object(scope)
} else := {"scope must be a mapping"}

_listed(entries) := entries if {
	is_array(entries)
} else := [entries]

_are_texts(values) if {
	is_array(values)
	count(values) > 0
	every value in values {
		_is_text(value)
	}
}

_is_text(value) if {
	is_string(value)
	trim_space(value) != ""
}
