# METADATA
# title: Current versions of AWS's images
# description: |
#   A framework image that AWS publishes must not be older than the version that the mapping `minimum` gives for
#   its framework, nor of a version whose support has ended by the mapping `end_of_support`. Versions are read
#   from the image's tag and compare number by number, as far as both have numbers: what it begins with is that
#   of the framework which the repository is for, what follows a name (`transformers4.36.0`) is that one's. An
#   image of a listed framework without a version in its tag is a finding. The images of others, and of
#   frameworks that aren't listed, are not this rule's. Without the mappings nothing is too old. What runs is the
#   image of the digest, where there is one: whoever writes it may put any tag before it, so that
#   `tags_before_digests` can say that such an image has no known version.
# related_resources:
#   - https://aws.github.io/deep-learning-containers/reference/support_policy
# schemas:
#   - input: schema.input
# custom:
#   needs: [image]
#   severity: medium
#   remediation: >-
#     Use a newer version of the image, and name it by its tag (with a digest behind it if you like); in the
#     SageMaker Python SDK that is `framework_version`, `transformers_version` or `version`.
#   pointless:
#   - minimum: {}
#     end_of_support: {}
#   parameters:
#     minimum:
#       description: By framework the oldest version that jobs may use.
#       type: object
#       default: {}
#       propertyNames:
#         description: >-
#           A name that images have, as `pytorch`, `tensorflow`, `sklearn` and `xgboost`, or tags, as `transformers`,
#           which is Hugging Face's.
#         pattern: ^(?!(huggingface|scikit-learn|sagemaker|tf|torch)$)[a-z][a-z0-9]*(-[a-z0-9]+)*$
#         format: framework
#       additionalProperties:
#         type: string
#         pattern: ^[0-9]+([.-][0-9]+)*$
#     end_of_support:
#       description: By framework and version, the last day on which AWS supports it.
#       type: object
#       default: {}
#       propertyNames:
#         description: >-
#           A name that images have, as `pytorch`, `tensorflow`, `sklearn` and `xgboost`, or tags, as `transformers`,
#           which is Hugging Face's.
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
#       description: Whether the tag before a digest tells the version.
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
# description: Images that are too old, out of support, or of a version that is not known.
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

# The versions with an end of support that may be these numbers or their beginning. Each takes OPA many steps.
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

# Image, framework and version, for the framework and for each name in the tag.
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

# The tag, if it tells the version.
_tag(image) := image.tag if {
	is_string(image.tag)
	not _is_ignored_tag(image)
}

_is_ignored_tag(image) if {
	parameters.of.framework_version.tags_before_digests == false
	some digest in ["digest", "claimed_digest"]
	is_string(image[digest])
}

# `1.7-1` is a version of XGBoost; what follows a word is not.
_leading_version(tag) := regex.find_all_string_submatch_n(`^([0-9]+(?:\.[0-9]+)+(?:-[0-9]+)?)(?:-|$)`, tag, 1)[0][1]

# `24.07` is `24.7`: OPA compares a number with a zero first as any other, though it can't return one.
_numbers(version) := [to_number(number) | some number in regex.split(`[.-]`, version)]

default _minimum := {}

_minimum := parameters.of.framework_version.minimum

default _end_of_support := {}

_end_of_support := parameters.of.framework_version.end_of_support
