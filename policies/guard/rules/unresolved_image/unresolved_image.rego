# METADATA
# title: Unresolved images
# description: |
#   Every image of the job must be known. `tolerated` lists the error codes that are no finding: `managed` is an image
#   that AWS chooses and doesn't show, `missing`, `unparseable`, `access-denied`, `not-found` and `failed` are the
#   others. A job that names no image at all is a finding too, but for labeling, which people may do alone.
#   Without the list nothing is tolerated.
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
#       description: Codes of errors that are no finding.
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
# description: Images that aren't known, and jobs without any.
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

	# A call that failed for now says nothing about the image: the guard asks again.
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

# Every other job runs an image, its own or one that the service picks. That a document shows none says that it wasn't
# found, so it isn't a part of the job that the rule could need.
_kinds_without_image := {"labeling"}
