# METADATA
# title: Approved models
# description: |
#   A model package that a job runs must have an approval status from the list `statuses`. A package without a status,
#   which is one that belongs to no group, is a finding only with `status_required: true`. Models that aren't made from
#   a package are ignored. Without the list no status is approved.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-approve.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Use a version of the model package that is approved, or have this one approved in the model registry.
#   parameters:
#     statuses:
#       description: Approval statuses of packages that jobs may run.
#       type: array
#       items:
#         enum: [Approved, PendingManualApproval, Rejected]
#     status_required:
#       description: Whether a package must have a status at all.
#       type: boolean
#       default: false
package guard.rules.approved_model

import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Model packages that aren't approved.
findings contains {
	"message": sprintf("The model package %s is not approved: its status is %s.", [model.origin.name, status]),
	"details": {
		"config": "rules.approved_model.statuses",
		"model_package": model.origin.name,
		"approval_status": status,
	},
} if {
	some model in input.models
	status := model.approval_status
	is_string(status)
	not status in _statuses
}

findings contains {
	"message": sprintf("The model package %s has no approval status.", [model.origin.name]),
	"details": {
		"config": "rules.approved_model.status_required",
		"model_package": model.origin.name,
		"approval_status": null,
	},
} if {
	_status_required
	some model in input.models
	model.origin.type == "model-package"
	model.approval_status == null
}

default _statuses := []

_statuses := given if {
	given := parameters.of.approved_model.statuses
	is_array(given)
}

default _status_required := false

_status_required := given if {
	given := parameters.of.approved_model.status_required
	is_boolean(given)
}
