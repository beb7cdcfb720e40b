# METADATA
# title: Required tags
# description: |
#   The job must have every tag in the mapping `tags`, with a value that matches a glob in the tag's list; `["*"]`
#   allows any value. Tags that could not be read are findings. Owners of a job set its tags themselves, so the rule
#   keeps tags in order but proves nothing. Without the mapping every job is a finding.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AddTags.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Tag.html
# schemas:
#   - input: schema.input
# custom:
#   severity: low
#   remediation: >-
#     Add the tag named in this finding, with a value that its configuration entry allows, when you create the
#     job (`tags` in the SageMaker Python SDK).
#   pointless:
#   - tags: {}
#   parameters:
#     tags:
#       description: Keys of tags, each with globs for the allowed values.
#       type: object
#       additionalProperties:
#         type: array
#         minItems: 1
#         items:
#           type: string
#           format: glob
package guard.rules.required_tags

import data.guard.lib.availability
import data.guard.lib.globs
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Tags that are missing, unreadable, or have a value that is not allowed.
findings contains {
	"message": sprintf("The required tag %q is missing.", [key]),
	"details": {"config": sprintf("rules.required_tags.tags[%s]", [key]), "tag": key, "value": null, "allowed": allowed},
} if {
	is_object(input.job.tags)
	availability.known("job.tags", input)
	some key, allowed in _required
	not input.job.tags[key]
}

findings contains {
	"message": sprintf("The tag %q has the value %q, which is not allowed.", [key, value]),
	"details": {"config": sprintf("rules.required_tags.tags[%s]", [key]), "tag": key, "value": value, "allowed": allowed},
} if {
	some key, allowed in _required
	value := input.job.tags[key]
	not globs.matches(allowed, value)
}

findings contains {
	"message": sprintf("The tag %q is required, and the tags of the job could not be read.", [key]),
	"details": {"config": sprintf("rules.required_tags.tags[%s]", [key]), "tag": key, "value": null, "allowed": allowed},
} if {
	input.job.tags == null
	availability.known("job.tags", input)
	some key, allowed in _required
}

findings contains {
	"message": "The rule is on, but its configuration doesn't say which tags are required.",
	"details": {"config": "rules.required_tags.tags", "tag": null, "value": null, "allowed": null},
} if {
	_required == null
}

default _required := null

_required := given if {
	given := parameters.globs.required_tags.tags
	is_object(given)
}
