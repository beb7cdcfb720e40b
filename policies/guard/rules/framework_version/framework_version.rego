# METADATA
# title: Current versions of AWS's images
# description: |
#   A framework image that AWS publishes must not be older than the version that the mapping `minimum` gives for its
#   framework, and its version must not be out of support according to the mapping `end_of_support`. Versions are read
#   from the image's tag: the number at its beginning is the version of the repository's framework, and a number after a
#   name (`transformers4.36.0`) is the version of that library. They are compared number by number, as far as both have
#   numbers. An image of a listed framework without a version in its tag is a finding. Images that AWS doesn't publish,
#   and images of frameworks that aren't listed, are ignored. Without the mappings nothing is too old. An image with a
#   digest runs by the digest, and the job's owner may put any tag before it; with `tags_before_digests: false` the
#   version of such an image counts as unknown.
# related_resources:
#   - https://aws.github.io/deep-learning-containers/reference/support_policy
# schemas:
#   - input: schema.input
# custom:
#   needs: [image]
#   severity: medium
#   remediation: >-
#     Use a newer version of the image, and name it by its tag, optionally followed by a digest. In the SageMaker Python
#     SDK the parameter is `framework_version`, `transformers_version` or `version`.
#   pointless:
#   - minimum: {}
#     end_of_support: {}
#   parameters:
#     minimum:
#       description: The oldest version that jobs may use, by framework.
#       type: object
#       default: {}
#       propertyNames:
#         description: >-
#           A name from images, such as `pytorch`, `tensorflow`, `sklearn` and `xgboost`, or from tags, such as Hugging
#           Face's `transformers`.
#         pattern: ^(?!(huggingface|scikit-learn|sagemaker|tf|torch)$)[a-z][a-z0-9]*(-[a-z0-9]+)*$
#         format: framework
#       additionalProperties:
#         type: string
#         pattern: ^[0-9]+([.-][0-9]+)*$
#     end_of_support:
#       description: The last day on which AWS supports a version, by framework and version.
#       type: object
#       default: {}
#       propertyNames:
#         description: >-
#           A name from images, such as `pytorch`, `tensorflow`, `sklearn` and `xgboost`, or from tags, such as Hugging
#           Face's `transformers`.
#         pattern: ^(?!(huggingface|scikit-learn|sagemaker|tf|torch)$)[a-z][a-z0-9]*(-[a-z0-9]+)*$
#         format: framework
#       additionalProperties:
#         type: object
#         propertyNames:
#           pattern: ^[0-9]+([.-][0-9]+)*$
#         additionalProperties:
#           type: string
#           format: day
#     tags_before_digests:
#       description: Whether the version is also read from a tag before a digest.
#       type: boolean
#       default: true
package guard.rules.framework_version

import data.guard.lib.aws_images
import data.guard.lib.times
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Images that are too old, out of support, or of an unknown version.
findings contains {
	"message": sprintf("Image %s at %s has %s %s, which is older than %s.", [
		image.raw,
		image.slot,
		framework,
		version,
		minimum,
	]),
	"details": {
		"config": sprintf("rules.framework_version.minimum.%s", [framework]),
		"slot": image.slot,
		"image": image.raw,
		"framework": framework,
		"version": version,
		"minimum": minimum,
	},
} if {
	some [image, framework, version] in _versions
	minimum := _minimum[framework]
	numbers := _numbers(version)
	numbers < array.slice(_numbers(minimum), 0, count(numbers))
}

findings contains {
	"message": sprintf("Image %s at %s has %s %s, whose support ended on %s.", [
		image.raw,
		image.slot,
		framework,
		version,
		day,
	]),
	"details": {
		"config": sprintf("rules.framework_version.end_of_support.%s[%s]", [framework, supported]),
		"slot": image.slot,
		"image": image.raw,
		"framework": framework,
		"version": version,
		"end_of_support": day,
	},
} if {
	some [image, framework, version] in _versions
	numbers := _numbers(version)
	some supported in _candidates(framework, numbers)
	day := _end_of_support[framework][supported]
	wanted := _numbers(supported)
	array.slice(numbers, 0, count(wanted)) == wanted
	times.instant(input.source.time) > times.end_of_day(day)
}

findings contains {
	"message": sprintf("Image %s at %s has no version of %s in its tag.", [image.raw, image.slot, framework]),
	"details": {
		"config": "rules.framework_version",
		"slot": image.slot,
		"image": image.raw,
		"framework": framework,
		"version": null,
	},
} if {
	some image in input.images
	framework := aws_images.framework(image)
	_is_listed(framework)
	not _leading_version(_tag(image))
}

# The versions in `end_of_support` that may equal these numbers or their first ones. Only these are compared number by
# number, because each comparison takes OPA many steps.
_candidates(framework, numbers) := {first} | {supported |
	some supported, _ in _end_of_support[framework]
	strings.any_prefix_match(supported, beginnings)
} if {
	first := format_int(numbers[0], 10)
	second := format_int(numbers[1], 10)
	beginnings := ["0", sprintf("%s.%s", [first, second]), sprintf("%s.0", [first]), sprintf("%s-", [first])]
}

_is_listed(framework) if _minimum[framework]

_is_listed(framework) if _end_of_support[framework]

# Each image with its framework's version, and with the version of each other name in its tag.
_versions contains [image, framework, version] if {
	some image in input.images
	framework := aws_images.framework(image)
	version := _leading_version(_tag(image))
}

_versions contains [image, framework, version] if {
	some image in input.images
	aws_images.framework(image)
	tag := _tag(image)
	some [_, framework, version] in regex.find_all_string_submatch_n(`-([a-z]+)([0-9]+(?:\.[0-9]+)+)`, tag, -1)
}

# The tag, if the version may be read from it.
_tag(image) := image.tag if {
	is_string(image.tag)
	not _is_ignored_tag(image)
}

_is_ignored_tag(image) if {
	parameters.of.framework_version.tags_before_digests == false
	some digest in ["digest", "claimed_digest"]
	is_string(image[digest])
}

# `1.7-1` is a version of XGBoost; a number after a word doesn't belong to the version.
_leading_version(tag) := regex.find_all_string_submatch_n(`^([0-9]+(?:\.[0-9]+)+(?:-[0-9]+)?)(?:-|$)`, tag, 1)[0][1]

# `24.07` equals `24.7`: OPA can't return a number with a leading zero, but compares it like any other.
_numbers(version) := [to_number(number) | some number in regex.split(`[.-]`, version)]

default _minimum := {}

_minimum := parameters.of.framework_version.minimum

default _end_of_support := {}

_end_of_support := parameters.of.framework_version.end_of_support
