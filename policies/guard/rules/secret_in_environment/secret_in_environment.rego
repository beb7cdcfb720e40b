# METADATA
# title: Credentials in settings
# description: |
#   No environment variable or hyperparameter may hold a credential: everybody who may describe the job reads
#   it. A setting is a finding if its value looks like a credential (access keys of AWS and other well-known
#   services, private keys, URLs with a password), or if one of the regular expressions `names` matches
#   somewhere in its name, without regard to case, and none of `harmless_names`. A setting that names a
#   credential but is empty, a switch, or a reference (`harmless_values`, regular expressions as well) is
#   none. A word of the command that replaces the image's own, or an argument, is a finding if it looks like a
#   credential. No value ever appears in a finding. Without `names` every name counts as a credential's.
# related_resources:
#   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Keep the credential in AWS Secrets Manager or Parameter Store, let the job's code read it with the
#     execution role, and replace the credential: it has been readable.
#   parameters:
#     names:
#       description: What a credential's name looks like.
#       type: array
#       items:
#         type: string
#         format: regex
#     harmless_names:
#       description: What the name of something else looks like.
#       type: array
#       default: []
#       items:
#         type: string
#         format: regex
#     harmless_values:
#       description: What a reference to a credential looks like.
#       type: array
#       default: []
#       items:
#         type: string
#         format: regex
package guard.rules.secret_in_environment

import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Settings that look like credentials.
findings contains {
	"message": sprintf("The value of the setting %s in %s looks like a credential.", [setting.name, setting.slot]),
	"details": {"config": "rules.secret_in_environment", "slot": setting.slot, "setting": setting.name},
} if {
	some group in [input.hyperparameters, input.environment]
	some setting in group
	regex.match(_credential, setting.value)
}

findings contains {
	"message": sprintf("Word %d of the command's %s looks like a credential.", [position, part]),
	"details": {"config": "rules.secret_in_environment", "command": part, "position": position},
} if {
	some part, words in input.command
	some i, word in words
	regex.match(_credential, word)
	position := i + 1
}

findings contains {
	"message": sprintf("The setting %s in %s is named like a credential and has a value.", [setting.name, setting.slot]),
	"details": {
		"config": sprintf("rules.secret_in_environment.names[%d]", [number]),
		"slot": setting.slot,
		"setting": setting.name,
		"entry": entry,
	},
} if {
	some group in [input.hyperparameters, input.environment]
	some setting in group
	regex.match(_any_name, setting.name)
	not _is_one_of(_harmless_names, setting.name)
	not regex.match(_nothing, setting.value)
	not _is_one_of(_harmless_values, setting.value)
	number := min([i | some i, name in _names; regex.match(_any_of([name]), setting.name)])
	entry := _names[number]
}

_any_name := _any_of(_names)

# One expression for all formats: with one each, this would be the slowest rule of all.
_credential := concat("|", [
	`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
	`-----BEGIN [A-Z ]*PRIVATE KEY`,
	`\bgh[oprsu]_[A-Za-z0-9]{36}`,
	`\bgithub_pat_[A-Za-z0-9_]{22}`,
	`\bglpat-[A-Za-z0-9_-]{20}`,
	`\bhf_[A-Za-z0-9]{30}`,
	`\bsk-[A-Za-z0-9_-]{20}`,
	`\bxox[abeoprs]-[A-Za-z0-9-]{10}`,
	`\bAIza[A-Za-z0-9_-]{35}`,
	`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10}`,
	`://[^/\s:@]*:[^/\s:@]+@`,
])

# The SDK quotes hyperparameters as JSON.
_nothing := `(?i)^"?\s*(?:|null|none|true|false)\s*"?$`

_any_of(expressions) := sprintf("(?i)%s", [concat("|", expressions)])

_is_one_of(expressions, text) if {
	count(expressions) > 0
	regex.match(_any_of(expressions), text)
}

default _names := [""]

_names := given if {
	given := parameters.of.secret_in_environment.names
	is_array(given)
}

default _harmless_names := []

_harmless_names := given if {
	given := parameters.of.secret_in_environment.harmless_names
	is_array(given)
}

default _harmless_values := []

_harmless_values := given if {
	given := parameters.of.secret_in_environment.harmless_values
	is_array(given)
}
