# METADATA
# title: Encryption between containers
# description: |
#   The traffic between the containers of a job must be encrypted. A job for which that is unknown is a finding. If the
#   job has several definitions, all must encrypt.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [traffic-encryption]
#   severity: medium
#   remediation: >-
#     Set EnableInterContainerTrafficEncryption to true (`encrypt_inter_container_traffic=True` in the
#     SageMaker Python SDK).
package guard.rules.traffic_encryption_required

import data.guard.lib.availability

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Jobs without, or possibly without, encrypted traffic between containers.
findings contains {
	"message": "The job doesn't encrypt the traffic between its containers.",
	"details": {"config": "rules.traffic_encryption_required", "encrypted_traffic": false},
} if {
	input.network.encrypted_traffic == false
	availability.known("network.encrypted_traffic", input)
}

findings contains {
	"message": "Whether the job encrypts the traffic between its containers is unknown, or its kind has no such setting.",
	"details": {"config": "rules.traffic_encryption_required", "encrypted_traffic": null},
} if {
	input.network.encrypted_traffic == null
	availability.known("network.encrypted_traffic", input)
}
