# METADATA
# title: Denied instance types
# description: |
#   No instance of the job may have a type that a glob in the list `instance_types` matches. An unknown type is a
#   finding, and so is a job that names no instances. Without the list every type is denied.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
#   - https://aws.amazon.com/sagemaker/pricing/
# schemas:
#   - input: schema.input
# custom:
#   needs: [instances]
#   severity: medium
#   remediation: >-
#     Choose an instance type that the entry named in this finding doesn't match.
#   pointless:
#   - instance_types: []
#   parameters:
#     instance_types:
#       description: Instance types that no job may use.
#       type: array
#       items:
#         type: string
#         description: A glob for the whole type, such as `ml.p4d.24xlarge` or `ml.p4*`, in lower case.
#         format: glob-of-instance-types
#         pattern: ^(ml\.[^A-Z\s]+|[*?\[{][^A-Z\s]*|)$
package guard.rules.denied_instance_type

import data.guard.lib.availability
import data.guard.lib.globs
import data.guard.parameters

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Instances of a denied or an unknown type.
findings contains {
	"message": sprintf("Instance type %s is denied by the entry %q.", [instance.type, entry]),
	"details": {
		"config": sprintf("rules.denied_instance_type.instance_types[%d]", [number]),
		"instance_type": instance.type,
		"entry": entry,
	},
} if {
	some instance in input.compute.instances
	number := globs.first(_denied, instance.type)
	entry := _denied[number]
}

findings contains {
	"message": "The type of an instance is unknown, so it can't be compared with the denied ones.",
	"details": {"config": "rules.denied_instance_type.instance_types", "instance_type": null},
} if {
	availability.known("compute", input)
	some instance in input.compute.instances
	instance.type == null
}

findings contains {
	"message": "The job names no instances, so their types can't be compared with the denied ones.",
	"details": {"config": "rules.denied_instance_type.instance_types", "instance_type": null},
} if {
	count(input.compute.instances) == 0
	availability.known("compute", input)
}

default _denied := ["*"]

_denied := given if {
	given := parameters.globs.denied_instance_type.instance_types
	is_array(given)
}
