# METADATA
# title: Unresolved images
# description: |
#   Every image of the job must be known. `tolerated` lists the error codes that are not a finding: `managed`, an image
#   that AWS chooses and doesn't show, and `missing`, `unparseable`, `access-denied`, `not-found` and `failed`. A job
#   without any image is also a finding, except a labeling job, which people may do alone. Without the list no error is
#   tolerated.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Name the container image itself in the job, as registry/repository with a tag or a digest, or let the guard's role
#     read the resource that names it.
#   parameters:
#     tolerated:
#       description: Error codes that are not a finding.
#       type: array
#       default: []
#       items:
#         enum:
#         - missing
#         - unparseable
#         - access-denied
#         - not-found
#         - managed
#         - failed
package guard.rules.unresolved_image

import data.guard.lib.availability
import data.guard.lib.images
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: Unknown images, and jobs without images.
# scope: document
findings contains {
	"message": sprintf("%s of %s isn't known (%s): %s.", [image.slot, image.origin.name, code, _why(image)]),
	"details": {
		"config": "rules.unresolved_image.tolerated",
		"slot": image.slot,
		"image": image.raw,
		"origin": image.origin,
		"error": code,
	},
} if {
	some image in input.images
	not images.known(image)
	code := _code(image)

	# After a temporary failure the guard retries.
	code != "unavailable"
	not code in _tolerated
}

findings contains {
	"message": sprintf("The %s job names no image.", [input.job.kind]),
	"details": {"config": "rules.unresolved_image", "job_kind": input.job.kind},
} if {
	count(input.images) == 0
	availability.known("images", input)
	not input.job.kind in _kinds_without_image
}

_code(image) := image.error.code if {
	is_string(image.error.code)
} else := "unparseable"

_why(image) := trim_right(image.error.message, ".") if {
	is_string(image.error.message)
} else := "it has no repository"

default _tolerated := []

_tolerated := parameters.of.unresolved_image.tolerated

# All other jobs run an image, their own or one that the service picks. The rule has no `needs: [image]`, because a
# document without images means that the guard didn't find the image, not that the job has none.
_kinds_without_image := {"labeling"}
