# METADATA
# title: Images by tag
# description: |
#   No image may be named by a tag that a glob in the list `tags` matches; a reference without tag and digest means
#   `latest`. With `digest_required: true` every image must be named by its digest. With a digest, any tag is harmless.
#   An unknown image is a finding, unless AWS picks the image: the job's owner doesn't control its tag. For the same
#   reason images that AWS publishes with a single tag are allowed, such as `sagemaker-debugger-rules:latest` and Model
#   Monitor's analyzer. Without `tags` every tag is denied.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [image]
#   severity: low
#   remediation: >-
#     Name the image by its digest (`repository@sha256:...`) or, where no digest is required, by a tag that doesn't
#     change, such as a version.
#   pointless:
#   - tags: []
#     digest_required: false
#   parameters:
#     tags:
#       description: Mutable tags, which may be moved to another image.
#       type: array
#       items:
#         type: string
#         description: A tag alone, without the repository and the colon before it.
#         format: glob
#         pattern: ^[^:\s]*$
#     digest_required:
#       description: Whether every image must be named by its digest.
#       type: boolean
#       default: false
package guard.rules.mutable_tag

import data.guard.lib.aws_images
import data.guard.lib.globs
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
# description: Images whose content may change without their name.
findings contains {
	"message": sprintf("Image %v at %s is named by tag %q, which may change its content.", [image.raw, image.slot, tag]),
	"details": {
		"config": sprintf("rules.mutable_tag.tags[%d]", [number]),
		"slot": image.slot,
		"image": image.raw,
		"tag": tag,
		"entry": entry,
	},
} if {
	not _digest_required
	some image in _by_tag
	tag := _effective(image.tag)
	number := globs.first(_tags, tag)
	entry := _tags[number]
}

findings contains {
	"message": sprintf("Image %v at %s is not named by its digest.", [image.raw, image.slot]),
	"details": {
		"config": "rules.mutable_tag.digest_required",
		"slot": image.slot,
		"image": image.raw,
		"tag": _effective(image.tag),
	},
} if {
	_digest_required
	some image in _by_tag
}

findings contains {
	"message": sprintf("The image at %s is not known (%s), so its tag can't be checked.", [image.slot, code]),
	"details": {"config": "rules.mutable_tag", "slot": image.slot, "image": image.raw, "error": code},
} if {
	some image in input.images
	code := image.error.code

	# After a temporary failure the guard retries. If AWS picks the image, the job's owner doesn't control the tag.
	not code in {"unavailable", "managed"}
}

# Without images that AWS publishes with a single tag, because a job can't choose another.
_by_tag contains image if {
	some image in input.images
	image.error == null
	image.digest == null
	not aws_images.without_versions(image)
}

_effective(tag) := tag if is_string(tag)

else := "latest"

default _tags := ["*"]

_tags := given if {
	given := parameters.globs.mutable_tag.tags
	is_array(given)
}

default _digest_required := false

_digest_required := given if {
	given := parameters.of.mutable_tag.digest_required
	is_boolean(given)
}
