# METADATA
# title: Own commands in approved images
# description: |
#   A job may replace the command of its image only by one of the list `allowed`: each entry is a list of
#   globs, one for each word of the command. Arguments alone are allowed with `allow_arguments: true`. Of all
#   words only the program's name appears in the finding, the others may hold secrets. Without the parameters
#   nothing is allowed.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html
# schemas:
#   - input: schema.input
# custom:
#   severity: medium
#   remediation: >-
#     Remove ContainerEntrypoint and ContainerArguments (`entrypoint` and `arguments` in the SageMaker Python
#     SDK), or use a command that the configuration allows.
#   parameters:
#     allowed:
#       description: Commands that may replace the image's own, each a list of globs.
#       type: array
#       default: []
#       items:
#         type: array
#         minItems: 1
#         items:
#           type: string
#           format: glob
#     allow_arguments:
#       description: Whether a job may give arguments to the command.
#       type: boolean
#       default: false
package guard.rules.entrypoint_override

import data.guard.lib.globs
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Commands that replace the image's own.
findings contains {
	"message": sprintf("The job replaces the command of its image by %q (%d words).", [program, count(words)]),
	"details": {"config": "rules.entrypoint_override.allowed", "program": program, "words": count(words)},
} if {
	words := input.command.entrypoint
	is_array(words)
	not _allowed_command
	program := _program(words)
}

findings contains {
	"message": sprintf("The job gives %d arguments to the command of its image.", [count(words)]),
	"details": {"config": "rules.entrypoint_override.allow_arguments", "arguments": count(words)},
} if {
	words := input.command.arguments
	is_array(words)
	not _allow_arguments
}

# A first word as `TOKEN=... python` is a shell's; what follows the name may be the secret.
_program(words) := regex.replace(regex.replace(words[0], `(?s)[^\w./+-].*`, ""), `.*/`, "")

_program([]) := ""

_allowed_command if {
	words := input.command.entrypoint
	some entry in _allowed
	count(entry) == count(words)
	every i, word in words {
		globs.matches(entry[i], word)
	}
}

default _allowed := []

_allowed := given if {
	given := data.guard.config.rules.entrypoint_override.allowed
	is_array(given)
}

default _allow_arguments := false

_allow_arguments := given if {
	given := data.guard.config.rules.entrypoint_override.allow_arguments
	is_boolean(given)
}
