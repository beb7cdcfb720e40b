# METADATA
# title: Own commands in approved images
# description: |
#   A job may replace the command of its image only by a command in the list `allowed`. An entry of the list is either a
#   list of globs, one for each word of the command, or a mapping with these keys:
#
#   - `entrypoint`: that list of globs.
#   - `options`: options that may follow the first word, each with globs for its value. If a value is a list separated
#     by commas, each item must match a glob.
#   - `arguments`: globs for the arguments, one for each, which are then allowed with this command only.
#
#   For all other commands `allow_arguments` decides about arguments, and also for jobs without an entrypoint: if an
#   image has a default command and no entrypoint, arguments replace the command. In a glob `*` doesn't match a `/`. An
#   absolute path is compared without `.` and double slashes, and with `..` it matches no glob, because a folder before
#   it may be a link. Any other word may contain `..` only where the glob does. A finding shows only the program's name,
#   because other words may contain secrets. Without the parameters nothing is allowed.
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
#       description: 'Commands that may replace the image''s own command: lists of globs, or mappings.'
#       type: array
#       default: []
#       items:
#         type:
#         - array
#         - object
#         minItems: 1
#         prefixItems:
#         - type: string
#           format: glob
#           must_not_match: [program]
#         items:
#           type: string
#           format: glob
#         additionalProperties: false
#         required:
#         - entrypoint
#         properties:
#           entrypoint:
#             description: Globs for the words of the command.
#             type: array
#             minItems: 1
#             prefixItems:
#             - type: string
#               format: glob
#               must_not_match: [program]
#             items:
#               type: string
#               format: glob
#           options:
#             description: Globs for the values of options, by option, such as `--jars`.
#             type: object
#             additionalProperties:
#               type: array
#               items:
#                 type: string
#                 format: glob
#           arguments:
#             description: Globs for the arguments.
#             type: array
#             items:
#               type: string
#               format: glob
#     allow_arguments:
#       description: Whether a job may give arguments to the command.
#       type: boolean
#       default: false
package guard.rules.entrypoint_override

import data.guard.lib.storage
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Commands and arguments that replace the image's own and aren't allowed.
findings contains {
	"message": sprintf("The job replaces the command of its image by %q (%d words).", [program, count(words)]),
	"details": {"config": "rules.entrypoint_override.allowed", "program": program, "words": count(words)},
} if {
	words := input.command.entrypoint
	is_array(words)
	count(_fitting) == 0
	program := _program(words)
}

findings contains {
	"message": sprintf("The job gives %d arguments to the command of its image.", [count(words)]),
	"details": {"config": "rules.entrypoint_override.allow_arguments", "arguments": count(words)},
} if {
	words := input.command.arguments
	is_array(words)
	not _allow_arguments
	not _fitting_arguments
}

# A first word such as `TOKEN=... python` is for a shell; text after the name may be a secret.
_program(words) := regex.replace(regex.replace(words[0], `(?s)[^\w./+-].*`, ""), `.*/`, "")

_program([]) := ""

# For each entry that allows the whole command, whether the entry lists its arguments.
_fitting contains "arguments" in object.keys(entry) if {
	words := input.command.entrypoint
	some listed in _allowed
	entry := _entry(listed)
	start := count(words) - count(entry.entrypoint)
	start >= 0
	_fits(entry.entrypoint, array.concat(array.slice(words, 0, 1), array.slice(words, start + 1, count(words))))
	_fits_options(object.get(entry, "options", {}), array.slice(words, 1, start + 1))
	_fits_arguments(entry)
}

_fitting_arguments if true in _fitting

_entry(listed) := listed if {
	is_object(listed)
} else := {"entrypoint": listed}

_fits(patterns, words) if {
	count(patterns) == count(words)
	every i, word in words {
		_matches(patterns[i], word)
	}
}

_fits_options(options, words) if {
	names := [word | some i, word in words; i % 2 == 0]
	values := [word | some i, word in words; i % 2 == 1]
	every i, name in names {
		_fits_values(object.get(options, name, []), values[i])
	}
}

_fits_values(patterns, values) if {
	every value in split(values, ",") {
		some pattern in patterns
		_matches(pattern, value)
	}
}

# A relative path may contain `..` only as often as the glob, because the folder in which it starts is unknown.
_matches(pattern, word) if {
	path := _path(word)
	is_string(path)
	glob.match(pattern, ["/"], path)
	_steps_up(path) == _steps_up(pattern)
}

_path(word) := storage.path(word) if {
	startswith(word, "/")
} else := word

_steps_up(path) := count([step | some step in split(path, "/"); step == ".."])

_fits_arguments(entry) if not "arguments" in object.keys(entry)

_fits_arguments(entry) if {
	is_array(input.command.arguments)
	_fits(entry.arguments, input.command.arguments)
}

_fits_arguments(entry) if {
	input.command.arguments == null
	entry.arguments == []
}

default _allowed := []

_allowed := given if {
	given := parameters.globs.entrypoint_override.allowed
	is_array(given)
}

default _allow_arguments := false

_allow_arguments := given if {
	given := parameters.of.entrypoint_override.allow_arguments
	is_boolean(given)
}
