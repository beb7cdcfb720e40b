# METADATA
# title: Managed spot training
# description: |
#   Training must use managed spot instances. A job for which that is unknown is a finding. If the job has several
#   definitions, all must use them.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [spot]
#   severity: low
#   remediation: >-
#     Set EnableManagedSpotTraining to true (`use_spot_instances=True` with `max_wait` in the SageMaker Python
#     SDK) and write checkpoints.
package guard.rules.spot_required

import data.guard.lib.availability

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Jobs that run, or may run, on on-demand instances.
findings contains {
	"message": "The job doesn't use managed spot instances.",
	"details": {"config": "rules.spot_required", "spot": false},
} if {
	input.compute.spot == false
	availability.known("compute", input)
}

findings contains {
	"message": "Whether the job uses managed spot instances is unknown, or its kind has no such setting.",
	"details": {"config": "rules.spot_required", "spot": null},
} if {
	input.compute.spot == null
	availability.known("compute", input)
}
