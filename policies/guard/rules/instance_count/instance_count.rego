# METADATA
# title: Number of instances
# description: |
#   A group of instances of one type may have at most `max_per_group` instances, and all groups of the job together at
#   most `max_total`. For a tuning job, the instances of all training jobs that may run at the same time are added up;
#   if it has several definitions, every training job counts as one of the definition with the most instances. If groups
#   are alternatives, the largest counts. An unknown count is a finding, and so is a job that names no instances. A
#   missing limit counts as 0.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstanceGroup.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [instance-count]
#   severity: medium
#   remediation: >-
#     Lower InstanceCount (`instance_count` in the SageMaker Python SDK) to the limit named in this finding.
#   parameters:
#     max_per_group:
#       description: Maximum number of instances in one group.
#       type: integer
#       minimum: 1
#     max_total:
#       description: Maximum number of instances in all groups together.
#       type: integer
#       minimum: 1
package guard.rules.instance_count

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
# description: Jobs with more instances than allowed, or with an unknown number of them.
findings contains {
	"message": sprintf("A group has %v instances of type %v; at most %v are allowed.", [size, type, _max_per_group]),
	"details": {
		"config": "rules.instance_count.max_per_group",
		"instance_type": type,
		"count": size,
		"limit": _max_per_group,
	},
} if {
	some instance in input.compute.instances
	type := instance.type
	size := instance.count
	size > _max_per_group
}

findings contains {
	"message": sprintf("The job has %v instances; at most %v are allowed.", [total, _max_total]),
	"details": {"config": "rules.instance_count.max_total", "count": total, "limit": _max_total},
} if {
	# A quick upper bound: the instances of all definitions together.
	_parallel_jobs * sum([instance.count | some instance in input.compute.instances; instance.count > 0]) > _max_total
	total := _parallel_jobs * max([_most(groups) | some groups in _by_definition])
	total > _max_total
}

findings contains {
	"message": sprintf("The number of instances of type %v is unknown.", [instance.type]),
	"details": {
		"config": "rules.instance_count.max_per_group",
		"instance_type": instance.type,
		"count": null,
		"limit": _max_per_group,
	},
} if {
	availability.known("compute", input)
	some instance in input.compute.instances
	instance.count == null
}

findings contains {
	"message": sprintf("The job names no instances; at most %v are allowed.", [_max_total]),
	"details": {"config": "rules.instance_count.max_total", "count": null, "limit": _max_total},
} if {
	count(input.compute.instances) == 0
	availability.known("compute", input)
}

_by_definition[object.get(instance, "definition", null)] contains [number, instance] if {
	some number, instance in input.compute.instances
	is_number(instance.count)
}

# The most instances that one training job of a definition can run on.
_most(groups) := sum(fixed) + sum([max(counts) | some counts in _alternatives(groups)]) if {
	fixed := [instance.count | some [_, instance] in groups; object.get(instance, "one_of", null) == null]
}

# The counts of groups from which SageMaker chooses one, by the list that contains them.
_alternatives(groups) := {list: [instance.count | some [_, instance] in groups; instance.one_of == list] |
	some list in {instance.one_of | some [_, instance] in groups; instance.one_of != null}
}

# Null sorts before every number.
_parallel_jobs := max([1, object.get(input.compute, "max_parallel_jobs", 1)])

default _max_per_group := 0

_max_per_group := given if {
	given := parameters.of.instance_count.max_per_group
	is_number(given)
}

default _max_total := 0

_max_total := given if {
	given := parameters.of.instance_count.max_total
	is_number(given)
}
