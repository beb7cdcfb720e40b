# METADATA
# title: Execution roles
# description: |
#   No execution role of the job may match a glob in the list `denied`, and each must match a glob in the list
#   `allowed`. Globs are compared with the whole ARN, without regard to case, like role names in IAM. A job without a
#   known role is a finding. Without `denied` every role is denied; without `allowed` no role is allowed.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Run the job with an execution role that the configuration allows.
#   pointless:
#   - denied: []
#     allowed: ["*"]
#   parameters:
#     denied:
#       description: ARNs of roles that no job may use.
#       type: array
#       items:
#         type: string
#         description: A glob for the whole ARN, such as `*:role/Admin*` or `arn:aws:iam::*:role/Admin`.
#         format: glob-of-roles
#         pattern: ^(?!arn:[^:]*:sts:)(arn|[*?\[{]|$)
#     allowed:
#       description: ARNs of roles that jobs may use.
#       type: array
#       items:
#         type: string
#         description: A glob for the whole ARN, such as `*:role/Team*` or `arn:aws:iam::*:role/Team`.
#         format: glob-of-roles
#         pattern: ^(?!arn:[^:]*:sts:)(arn|[*?\[{]|$)
package guard.rules.denied_role

import data.guard.lib.availability
import data.guard.lib.globs
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Execution roles that are denied or not allowed.
findings contains {
	"message": sprintf("The execution role %s is denied by the entry %q.", [role, entry]),
	"details": {"config": sprintf("rules.denied_role.denied[%d]", [number]), "role_arn": role, "entry": entry},
} if {
	some role in input.job.role_arns
	number := globs.first([lower(pattern) | some pattern in _denied], lower(role))
	entry := _denied[number]
}

findings contains {
	"message": sprintf("The execution role %s is not allowed.", [role]),
	"details": {"config": "rules.denied_role.allowed", "role_arn": role, "allowed": _allowed},
} if {
	some role in input.job.role_arns
	not globs.matches([lower(pattern) | some pattern in _allowed], lower(role))
}

findings contains {
	"message": "The execution role of the job is unknown.",
	"details": {"config": "rules.denied_role", "role_arn": null},
} if {
	count(input.job.role_arns) == 0
	availability.known("job.role_arns", input)
}

default _denied := ["*"]

_denied := given if {
	given := parameters.globs.denied_role.denied
	is_array(given)
}

default _allowed := []

_allowed := given if {
	given := parameters.globs.denied_role.allowed
	is_array(given)
}
