# METADATA
# title: Number of jobs that a job starts
# description: |
#   A job that starts other jobs (hyperparameter tuning, AutoML, inference recommendations) may start at most
#   `max_jobs`, and run at most `max_parallel_jobs` of them at the same time. A tuning job that doesn't limit their
#   number is a finding. A missing limit counts as 0.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceLimits.html
# schemas:
#   - input: schema.input
# custom:
#   kinds: [hyperparameter-tuning, automl, inference-recommendations]
#   severity: medium
#   remediation: >-
#     Lower MaxNumberOfTrainingJobs and MaxParallelTrainingJobs (`max_jobs` and `max_parallel_jobs` in the
#     SageMaker Python SDK; `max_candidates` of an AutoML job) to the limit named in this finding.
#   parameters:
#     max_jobs:
#       description: Maximum number of jobs that one job may start.
#       type: integer
#       minimum: 1
#     max_parallel_jobs:
#       description: Maximum number of these jobs at the same time.
#       type: integer
#       minimum: 1
package guard.rules.tuning_limits

import data.guard.lib.availability
import data.guard.parameters

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: The job kinds that the rule is about.
kinds := rego.metadata.chain()[1].annotations.custom.kinds

# METADATA
# scope: document
# description: Jobs that may start more jobs than allowed.
findings contains {
	"message": sprintf("The job may start %d jobs; at most %d are allowed.", [jobs, _max_jobs]),
	"details": {"config": "rules.tuning_limits.max_jobs", "max_jobs": jobs, "limit": _max_jobs},
} if {
	jobs := input.compute.max_jobs
	jobs > _max_jobs
}

findings contains {
	"message": sprintf("The job may run %d jobs at the same time; at most %d are allowed.", [jobs, _max_parallel_jobs]),
	"details": {
		"config": "rules.tuning_limits.max_parallel_jobs",
		"max_parallel_jobs": jobs,
		"limit": _max_parallel_jobs,
	},
} if {
	jobs := input.compute.max_parallel_jobs
	jobs > _max_parallel_jobs
}

findings contains {
	"message": sprintf("The job sets no limit to the jobs that it starts; at most %d are allowed.", [_max_jobs]),
	"details": {"config": "rules.tuning_limits.max_jobs", "max_jobs": null, "limit": _max_jobs},
} if {
	input.job.kind == "hyperparameter-tuning"
	input.compute.max_jobs == null
	availability.known("compute", input)
}

default _max_jobs := 0

_max_jobs := given if {
	given := parameters.of.tuning_limits.max_jobs
	is_number(given)
}

default _max_parallel_jobs := 0

_max_parallel_jobs := given if {
	given := parameters.of.tuning_limits.max_parallel_jobs
	is_number(given)
}
