# METADATA
# title: Approved registries
# description: |
#   Each image must come from a registry in the list `allowed`. An entry has `registry` or `account` (an ECR account
#   with all its endpoints), and optionally `region` and `repository`; each is a glob or a list of globs, and all must
#   match. An entry with `aws: true` approves the images that AWS itself publishes, according to a table of its accounts
#   and repositories in each region, and needs neither registry nor account. An image that is unknown or names no
#   registry is never approved; an image that the service chooses for the job needs no approval. Without the list no
#   image is approved.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers-adapt-your-own-private-registry.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [image]
#   severity: high
#   remediation: >-
#     Use an image of an approved registry, or push yours to one and have it reviewed there.
#   parameters:
#     allowed:
#       description: Where images may come from; all keys of an entry must match.
#       type: array
#       items:
#         type: object
#         additionalProperties: false
#         anyOf:
#         - required:
#           - registry
#         - required:
#           - account
#         - required:
#           - aws
#         properties:
#           aws:
#             description: Whether the image must be one that AWS publishes.
#             const: true
#             type: boolean
#           registry:
#             description: Registry hosts, with any port but 443, in lower case; without https:// and without a path.
#             type:
#             - string
#             - array
#             format: glob
#             pattern: ^[^/\sA-Z]*$
#             must_not_match:
#             - registry.example.invalid
#             - 000000000000.dkr.ecr.eu-west-1.amazonaws.com
#             - 000000000000.dkr.ecr.us-east-1.amazonaws.com
#             minItems: 1
#             items:
#               type: string
#               description: A host, perhaps with a port, in lower case; no https:// and no path.
#               format: glob
#               pattern: ^[^/\sA-Z]*$
#               must_not_match:
#               - registry.example.invalid
#               - 000000000000.dkr.ecr.eu-west-1.amazonaws.com
#               - 000000000000.dkr.ecr.us-east-1.amazonaws.com
#           account:
#             description: AWS accounts of ECR registries.
#             type:
#             - string
#             - array
#             format: glob-of-accounts
#             must_not_match: ["000000000000"]
#             minItems: 1
#             items:
#               type: string
#               format: glob-of-accounts
#               must_not_match: ["000000000000"]
#           region:
#             description: AWS regions of ECR registries.
#             type:
#             - string
#             - array
#             format: glob-of-regions
#             minItems: 1
#             items:
#               type: string
#               format: glob-of-regions
#           repository:
#             description: Repositories, with all of their path, in lower case; without a tag or a digest.
#             type:
#             - string
#             - array
#             format: glob
#             pattern: ^[^:@\sA-Z]*$
#             minItems: 1
#             items:
#               type: string
#               description: A repository with all of its path, in lower case; no tag and no digest.
#               format: glob
#               pattern: ^[^:@\sA-Z]*$
package guard.rules.unapproved_registry

import data.guard.lib.aws_images
import data.guard.lib.globs
import data.guard.lib.images
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
# description: Images that aren't approved, and unknown images.
findings contains {
	"message": sprintf("Image %v at %s doesn't come from an approved registry.", [image.raw, image.slot]),
	"details": {
		"config": "rules.unapproved_registry.allowed",
		"slot": image.slot,
		"image": image.raw,
		"registry": image.registry,
		"account": image.account,
		"region": image.region,
		"repository": image.repository,
	},
} if {
	some i, image in input.images
	image.error == null
	not i in _approved
}

findings contains {
	"message": sprintf("The image at %s is not known (%s), so it is not approved.", [image.slot, code]),
	"details": {
		"config": "rules.unapproved_registry.allowed",
		"slot": image.slot,
		"image": image.raw,
		"error": code,
	},
} if {
	some image in input.images
	code := image.error.code

	# A job can't choose an image that the service manages, and after a temporary failure the guard retries.
	not code in {"managed", "unavailable"}
}

_approved contains i if {
	some i, image in input.images
	facts := {
		"registry": images.registries(image),
		"account": [image.account],
		"region": [image.region],
		"repository": [image.repository],
	}
	some entry in _allowed
	_names_registry(entry)
	every key, patterns in entry {
		_fits(key, patterns, facts, image)
	}
}

_fits(key, patterns, facts, _) if {
	some fact in facts[key]
	globs.matches(patterns, fact)
}

_fits("aws", true, _, image) if aws_images.published(image)

_names_registry(entry) if entry.registry

_names_registry(entry) if entry.account

_names_registry(entry) if entry.aws

default _allowed := []

_allowed := given if {
	given := parameters.globs.unapproved_registry.allowed
	is_array(given)
}
