# METADATA
# title: Warm pools
# description: |
#   A job may keep its instances in a warm pool for at most `max_seconds` after it has ended. An unknown time is a
#   finding. Without `max_seconds` no warm pool is allowed.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [warm-pool]
#   severity: low
#   remediation: >-
#     Remove ResourceConfig.KeepAlivePeriodInSeconds (`keep_alive_period_in_seconds` in the SageMaker Python
#     SDK) or set it to the limit named in this finding.
#   parameters:
#     max_seconds:
#       description: Maximum time for which a job may keep its instances; 0 allows no warm pool.
#       type: integer
#       minimum: 0
#       default: 0
package guard.rules.keep_alive

import data.guard.lib.availability
import data.guard.parameters

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Jobs that keep their instances longer than allowed, or for an unknown time.
findings contains {
	"message": sprintf("The job keeps its instances for %v seconds; at most %v are allowed.", [seconds, _limit]),
	"details": {"config": "rules.keep_alive.max_seconds", "keep_alive_seconds": seconds, "limit": _limit},
} if {
	seconds := input.compute.keep_alive_seconds
	seconds > _limit
}

findings contains {
	"message": sprintf("How long the job keeps its instances is unknown; at most %v seconds are allowed.", [_limit]),
	"details": {"config": "rules.keep_alive.max_seconds", "keep_alive_seconds": null, "limit": _limit},
} if {
	input.compute.keep_alive_seconds == null
	availability.known("compute", input)
}

default _limit := 0

_limit := given if {
	given := parameters.of.keep_alive.max_seconds
	is_number(given)
}
