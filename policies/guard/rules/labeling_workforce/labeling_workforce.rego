# METADATA
# title: People and functions that see data
# description: |
#   A labeling job may give its data only to a work team that matches a glob in the list `workteams`, and to Lambda
#   functions that match a glob in `functions`. Globs are compared with the whole ARN. The public crowd of Amazon
#   Mechanical Turk is a work team of another account. Without the lists no work team and no function is allowed.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/sms-workforce-management.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HumanTaskConfig.html
# schemas:
#   - input: schema.input
# custom:
#   kinds: [labeling]
#   severity: high
#   remediation: >-
#     Use a private work team and functions that the configuration allows.
#   parameters:
#     workteams:
#       description: ARNs of work teams that may see data.
#       type: array
#       items:
#         type: string
#         format: glob
#     functions:
#       description: ARNs of Lambda functions that may see data.
#       type: array
#       items:
#         type: string
#         format: glob
package guard.rules.labeling_workforce

import data.guard.lib.globs
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: The job kinds that the rule is about.
kinds := rego.metadata.chain()[1].annotations.custom.kinds

# METADATA
# scope: document
# description: Work teams and functions that aren't allowed.
findings contains {
	"message": sprintf("The work team %s%s is not allowed.", [team, _note(team)]),
	"details": {"config": "rules.labeling_workforce.workteams", "workteam": team, "allowed": _workteams},
} if {
	team := input.labeling.workteam_arn
	is_string(team)
	not globs.matches(_workteams, team)
}

findings contains {
	"message": sprintf("The Lambda function %s, which sees the data, is not allowed.", [name]),
	"details": {"config": "rules.labeling_workforce.functions", "function": name, "allowed": _functions},
} if {
	some name in input.labeling.lambda_arns
	not globs.matches(_functions, name)
}

_note(team) := ", the public crowd," if contains(team, ":workteam/public-crowd/")

else := ""

default _workteams := []

_workteams := given if {
	given := parameters.globs.labeling_workforce.workteams
	is_array(given)
}

default _functions := []

_functions := given if {
	given := parameters.globs.labeling_workforce.functions
	is_array(given)
}
