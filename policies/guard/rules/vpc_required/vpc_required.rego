# METADATA
# title: Customer VPC
# description: |
#   A job must run in a customer VPC, in subnets that match a glob in the list `subnets`, and with security groups that
#   match a glob in the list `security_groups`. A job for which that is unknown is a finding. Without a list nothing
#   matches; `["*"]` allows any subnet or security group.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VpcConfig.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [vpc]
#   severity: high
#   remediation: >-
#     Set VpcConfig (`subnets` and `security_group_ids` in the SageMaker Python SDK) to subnets and security groups that
#     the configuration entry named in this finding allows.
#   parameters:
#     subnets:
#       description: Ids of subnets in which jobs may run.
#       type: array
#       items:
#         type: string
#         format: glob
#     security_groups:
#       description: Ids of security groups that jobs may use.
#       type: array
#       items:
#         type: string
#         format: glob
package guard.rules.vpc_required

import data.guard.lib.availability
import data.guard.lib.globs
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Jobs outside a customer VPC, and subnets and security groups that aren't allowed.
findings contains {
	"message": "The job, or one of its definitions, runs outside a customer VPC, or its kind has no such setting.",
	"details": {"config": "rules.vpc_required", "vpc": null},
} if {
	input.network.vpc == null
	availability.known("network.vpc", input)
}

findings contains {
	"message": "The job's VPC configuration names no subnet.",
	"details": {"config": "rules.vpc_required.subnets", "subnet": null, "allowed": _subnets},
} if {
	count(input.network.vpc.subnets) == 0
	availability.known("network.vpc", input)
}

findings contains {
	"message": sprintf("The job runs in subnet %s, which is not allowed.", [subnet]),
	"details": {"config": "rules.vpc_required.subnets", "subnet": subnet, "allowed": _subnets},
} if {
	some subnet in input.network.vpc.subnets
	not globs.matches(_subnets, subnet)
}

findings contains {
	"message": "The job's VPC configuration names no security group.",
	"details": {"config": "rules.vpc_required.security_groups", "security_group": null, "allowed": _security_groups},
} if {
	count(input.network.vpc.security_groups) == 0
	availability.known("network.vpc", input)
}

findings contains {
	"message": sprintf("The job uses security group %s, which is not allowed.", [group]),
	"details": {"config": "rules.vpc_required.security_groups", "security_group": group, "allowed": _security_groups},
} if {
	some group in input.network.vpc.security_groups
	not globs.matches(_security_groups, group)
}

default _subnets := []

_subnets := given if {
	given := parameters.globs.vpc_required.subnets
	is_array(given)
}

default _security_groups := []

_security_groups := given if {
	given := parameters.globs.vpc_required.security_groups
	is_array(given)
}
