# METADATA
# title: Exemptions
# description: |
#   An exemption takes findings of some rules out of the verdict, for a scope and until a day. It gives id, owner,
#   reason, rules (rule ids, or "*" for all), scope, expires (YYYY-MM-DD) and, if there are such, ticket and starts
#   (YYYY-MM-DD). The scope gives at least one of account, region, role_arn, job_kind and job_name, each a glob or a
#   list of globs, and image, an entry or a list of entries as in the deny list. All of them must match.
#
#   - It counts from the beginning of its first day, if it gives one, through the whole of its last one in UTC, compared
#     with the time of the document.
#   - A scope with image covers a finding about an image if the entry names that image, and a finding about no image if
#     it names all images of the job. An image that isn't known is named by no entry.
#   - A job with several roles is covered only if all of them match.
#   - A role or an image that can't be read for now could be any: such a gap ends no exemption.
#   - Expired, malformed, or `refused` by the exemption policy, it exempts nothing and is reported.
package guard.lib.exemptions

import data.guard.lib.availability
import data.guard.lib.images
import data.guard.lib.scopes
import data.guard.lib.times
import future.keywords.not

# METADATA
# description: Id of the first exemption that takes the finding out of the verdict, null if none does.
exempted_by(exemptions, finding, document) := exemptions[i].id if {
	i := min([number |
		some number, exemption in exemptions
		_state(exemption, document) == "valid"
		_could_cover(exemption, finding, document)
	])
} else := null

# METADATA
# description: |
#   What to report of the exemptions themselves: those that are malformed, and those that would cover one of the
#   findings if they weren't expired.
notices(exemptions, findings, document) := malformed | expired if {
	is_array(exemptions)
	malformed := _malformed(exemptions, document)
	expired := _expired(exemptions, findings, document)
} else := {{
	"message": "The exemptions exempt nothing: they must be a list.",
	"details": {"config": "exemptions"},
}}

# METADATA
# description: What is wrong with an exemption, one text for each.
problems(exemption) := exemption.refused if {
	# A set, which no configuration can hold: only the exemption policy refuses.
	is_set(exemption.refused)
} else := union({
	{sprintf("unknown key %v", [key]) | some key in (object.keys(exemption) - (_required | {"ticket", "starts"}))},
	{sprintf("%s is missing", [key]) | some key in (_required - object.keys(exemption))},
	{sprintf("%s must be a text", [key]) |
		some key, value in object.filter(exemption, {"id", "owner", "reason", "ticket"})
		not _is_text(value)
	},
	{"rules must be a list of rule ids" | not _are_texts(object.get(exemption, "rules", ["*"]))},
	{"expires must be a day as YYYY-MM-DD" | not times.end_of_day(object.get(exemption, "expires", "2000-01-01"))},
	{"starts must be a day as YYYY-MM-DD" | not times.end_of_day(object.get(exemption, "starts", "2000-01-01"))},
	_scope_problems(object.get(exemption, "scope", {"account": "*"})),
}) if {
	is_object(exemption)
} else := {"must be a mapping"}

_required := {"id", "owner", "reason", "rules", "scope", "expires"}

# A day in nanoseconds.
_day := 86400000000000

_facts := {"account", "region", "role_arn", "job_kind", "job_name"}

_state(exemption, document) := "malformed" if {
	count(problems(exemption)) > 0
} else := "early" if {
	times.instant(document.source.time) <= times.end_of_day(exemption.starts) - _day
} else := "valid" if {
	times.instant(document.source.time) <= times.end_of_day(exemption.expires)
} else := "expired"

_covers(exemption, finding, document) if {
	some rule_id in exemption.rules
	rule_id in {"*", finding.rule_id}
	every fact, patterns in exemption.scope {
		_in_scope(fact, patterns, finding, document)
	}
}

_could_cover(exemption, finding, document) if {
	some rule_id in exemption.rules
	rule_id in {"*", finding.rule_id}
	every fact, patterns in exemption.scope {
		_could_be_in_scope(fact, patterns, finding, document)
	}
}

_could_be_in_scope("image", patterns, finding, document) if {
	judged := _judged_images(finding.details, document)
	_are_some(judged, document)
	every image in judged {
		_could_be_named(patterns, image)
	}
}

_could_be_in_scope(fact, patterns, _, document) if scopes.could_match(fact, patterns, document)

_are_some(judged, _) if count(judged) > 0

_are_some(_, document) if not availability.known("images", document)

_could_be_named(_, image) if image.error.code == "unavailable"

_could_be_named(patterns, image) if {
	some entry in _listed(patterns)
	images.matches(entry, image)
}

_in_scope("image", patterns, finding, document) if {
	judged := _judged_images(finding.details, document)
	count(judged) > 0
	every image in judged {
		some entry in _listed(patterns)
		images.matches(entry, image)
	}
}

_in_scope(fact, patterns, _, document) if scopes.matches(fact, patterns, document, "all")

_judged_images(details, document) := [image |
	some image in document.images
	image.slot == details.slot
	image.raw == details.image
] if {
	_is_about_image(details)
} else := document.images

# A finding about a setting has a slot as well: that of the map which holds the setting.
_is_about_image(details) if object.keys(details) & {"slot", "image"} == {"slot", "image"}

_malformed(exemptions, document) := {notice |
	some i, exemption in exemptions
	_state(exemption, document) == "malformed"
	notice := {
		"message": sprintf("An exemption exempts nothing: %s.", [concat(", ", sort(problems(exemption)))]),
		"details": {"config": sprintf("exemptions[%d]", [i])},
	}
}

_expired(exemptions, findings, document) := {notice |
	some i, exemption in exemptions
	_state(exemption, document) == "expired"
	rules := sort({finding.rule_id | some finding in findings; _covers(exemption, finding, document)})
	count(rules) > 0
	notice := {
		"message": sprintf("Exemption %s from %s has expired.", [exemption.id, concat(", ", rules)]),
		"details": {
			"config": sprintf("exemptions[%d]", [i]),
			"exemption": exemption.id,
			"owner": exemption.owner,
			"expires": exemption.expires,
			"rules": rules,
		},
	}
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
