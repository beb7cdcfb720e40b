# METADATA
# title: Denied images
# description: |
#   No image of the job may be on the deny list, which consists of the mapping `images` with exact entries as keys, and
#   of the short list `patterns` of entries with `*`. Each entry gives a `reason`, and may limit itself to some job
#   kinds with `job_kinds`. Entries that are set at deployment come with the document and count in the same way.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   in_place: [images]
#   remediation: >-
#     Use another image, or another version of it; the reason names what is wrong with this one.
#   emptied:
#   - images: {}
#     patterns: []
#   parameters:
#     images:
#       description: Images that no job may run; each key is an entry without wildcards.
#       type: object
#       propertyNames:
#         format: image-entry
#       additionalProperties:
#         type: object
#         additionalProperties: false
#         required:
#         - reason
#         properties:
#           reason:
#             description: What is wrong with the image, for the owner of the job.
#             type: string
#             pattern: \S
#           job_kinds:
#             description: The kinds of jobs that it is for; all without.
#             type: array
#             minItems: 1
#             items:
#               type: string
#               format: job-kind
#     patterns:
#       description: Images that no job may run, as entries with wildcards.
#       type: array
#       default: []
#       items:
#         type: object
#         additionalProperties: false
#         required:
#         - pattern
#         - reason
#         properties:
#           pattern:
#             description: The entry, with at least one `*`.
#             type: string
#             format: image-pattern
#           reason:
#             description: What is wrong with the image, for the owner of the job.
#             type: string
#             pattern: \S
#           job_kinds:
#             description: The kinds of jobs that it is for; all without.
#             type: array
#             minItems: 1
#             items:
#               type: string
#               format: job-kind
package guard.rules.denied_image

import data.guard.lib.images
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: The parameters that the rule reads in place, key by key, because they may be large.
in_place := rego.metadata.chain()[1].annotations.custom.in_place

# METADATA
# description: |
#   For each image one finding for each exact entry that names it, and one for the first pattern that matches it.
findings contains {
	"message": sprintf("Image %v (%s of %s) is denied: %s.", [image.raw, image.slot, image.origin.name, reason]),
	"details": {
		"config": config,
		"slot": image.slot,
		"image": image.raw,
		"origin": image.origin,
		"entry": name,
		"reason": reason,
	},
} if {
	some [config, name, image, entry] in _matched
	not _for_other_job_kinds(entry)
	reason := _reason(entry)
}

# The mapping itself is never read as a value, because 100,000 entries would then be copied for each decision.
_matched contains [sprintf("rules.denied_image.images[%s]", [key]), key, image, entry] if {
	not parameters.changed.denied_image.images
	some i, image in input.images
	some key in _keys[i]
	entry := data.guard.config.rules.denied_image.images[key]
}

_matched contains [sprintf("rules.denied_image.images[%s]", [key]), key, image, entry] if {
	number := parameters.changed.denied_image.images
	some i, image in input.images
	some key in _keys[i]
	entry := data.guard.config.rules.denied_image.overrides[number].images[key]
}

# The document's list is copied anyway, so all keys are looked up at once.
_matched contains [sprintf("deny_list.images[%s]", [key]), key, image, entry] if {
	input.deny_list.images != {}
	some i, image in input.images
	some key, entry in object.filter(input.deny_list.images, _keys[i])
}

_matched contains [sprintf("rules.denied_image.patterns[%d]", [i]), entry.pattern, image, entry] if {
	some [i, entry, number] in _by_pattern(parameters.of.denied_image.patterns)
	image := input.images[number]
}

_matched contains [sprintf("deny_list.patterns[%d]", [i]), entry.pattern, image, entry] if {
	some [i, entry, number] in _by_pattern(input.deny_list.patterns)
	image := input.images[number]
}

_keys := [images.keys(image) | some image in input.images]

_texts := [images.text(image) | some image in input.images]

# Most images match no pattern, which one glob for all images shows. An image has only one finding for a list of
# patterns, because the job's owner controls how many images the job has and how many patterns match each.
_by_pattern(entries) := set() if {
	entries == []
} else := {[first, entries[first], number] |
	patterns := [entry.pattern | some entry in entries]
	words := images.words(patterns)
	any_word := images.any_word(words)
	likely := {number: text | some number, text in _texts; glob.match(any_word, null, text)}
	likely != {}
	together := concat("\n", [text | some text in likely])
	numbers := [i | some i, entry in entries; _ := entry.pattern]
	expressions := {numbers[position]: [word, images.expression([patterns[position]])] |
		some position, word in words
		contains(together, word)
		not _for_other_job_kinds(entries[numbers[position]])
	}
	some number, text in likely
	first := _first_match(expressions, text)
}

_first_match(expressions, text) := min([i |
	some i, [word, expression] in expressions
	contains(text, word)
	images.in_text(expression, text)
])

_for_other_job_kinds(entry) if {
	is_array(entry.job_kinds)
	count(entry.job_kinds) > 0
	not input.job.kind in entry.job_kinds
}

_reason(entry) := trim_right(trim_space(entry.reason), ".") if {
	is_string(entry.reason)
} else := "no reason is given"
