# METADATA
# title: Runtime limit
# description: |
#   A job must limit its runtime to at most `seconds`. A missing limit is a finding; if the job has several definitions,
#   the longest limit counts. SageMaker applies the limit to all attempts of a job together; `max_retries` also limits
#   the number of attempts after the first. Without `seconds` every job is a finding.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [max-runtime]
#   severity: medium
#   remediation: >-
#     Set StoppingCondition.MaxRuntimeInSeconds (`max_run` or `max_runtime_in_seconds` in the SageMaker Python
#     SDK) to the limit named in this finding or less.
#   parameters:
#     seconds:
#       description: The longest runtime limit that a job may set.
#       type: integer
#       minimum: 1
#     max_retries:
#       description: How often SageMaker may restart the job after a failure.
#       type: integer
#       minimum: 0
#       default: 30
package guard.rules.max_runtime

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
# description: Jobs that may run longer than allowed.
findings contains {
	"message": sprintf("The job may run for %v seconds; at most %v are allowed.", [runtime, _limit]),
	"details": {"config": "rules.max_runtime.seconds", "max_runtime_seconds": runtime, "limit": _limit},
} if {
	runtime := input.compute.max_runtime_seconds
	runtime > _limit
}

findings contains {
	"message": sprintf("The job sets no limit to its runtime; at most %v seconds are allowed.", [_limit]),
	"details": {"config": "rules.max_runtime.seconds", "max_runtime_seconds": null, "limit": _limit},
} if {
	input.compute.max_runtime_seconds == null
	availability.known("compute", input)
}

findings contains {
	"message": sprintf("SageMaker may restart the job %d times; at most %d are allowed.", [retries, _max_retries]),
	"details": {"config": "rules.max_runtime.max_retries", "max_retries": retries, "limit": _max_retries},
} if {
	retries := input.compute.max_retries
	retries > _max_retries
}

default _limit := 0

_limit := given if {
	given := parameters.of.max_runtime.seconds
	is_number(given)
}

_max_retries := given if {
	given := parameters.of.max_runtime.max_retries
	is_number(given)
}
