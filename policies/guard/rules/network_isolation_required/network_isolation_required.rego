# METADATA
# title: Network isolation
# description: |
#   The containers of a job must run without any network access. A job for which that is unknown is a finding. If the
#   job has several definitions, all must be isolated.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [network-isolation]
#   severity: high
#   remediation: >-
#     Set EnableNetworkIsolation to true (`enable_network_isolation=True` in the SageMaker Python SDK) and provide
#     everything that the container needs as input data.
package guard.rules.network_isolation_required

import data.guard.lib.availability

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Jobs whose containers have, or may have, network access.
findings contains {
	"message": "The job runs without network isolation.",
	"details": {"config": "rules.network_isolation_required", "isolated": false},
} if {
	input.network.isolated == false
	availability.known("network.isolated", input)
}

findings contains {
	"message": "Whether the job runs with network isolation is unknown, or its kind has no such setting.",
	"details": {"config": "rules.network_isolation_required", "isolated": null},
} if {
	input.network.isolated == null
	availability.known("network.isolated", input)
}
