# METADATA
# title: Code from elsewhere
# description: |
#   A job may not run code that comes with a downloaded model, nor install packages from an index that isn't approved.
#
#   - Switches such as `trust_remote_code` must be off, in hyperparameters, in the environment and in the command. The
#     regular expressions `switches` match their names. Also counted are the option `--trust-remote-code`, any prefix of
#     it from `--tr` on, which Python's argparse accepts, the option of a group (`--model.trust_remote_code`), and
#     assignments inside a value or a word (`model=x,trust_remote_code=True`). A switch is off if it is empty or one of
#     `0`, `f`, `false`, `n`, `no`, `none`, `null` and `off`, in any case. `SM_VLLM_...` and `SM_SGLANG_...` are on if
#     they are empty, because AWS's images turn them into an option without a value.
#   - Package indexes must match a glob in the list `indexes`: by host, in lower case and with the port if there is one,
#     or by the ARN of a CodeArtifact repository. The rule finds indexes in settings and in variables of the command
#     (`NAME=value`) whose names match the regular expressions `index_variables`, in options of the command such as
#     `--index-url`, and in addresses from which `pip`, `uv` or `conda` installs or which `uv`, `uvx` or `pipx` runs. It
#     also finds such options, variables and addresses in the values of settings, if they have a scheme.
#
#   After the first 100 places of a command the others count as unknown; if the values of settings name more than 100
#   places, all count as unknown. A finding shows no value except an index, as its ARN, or as its host if it has a
#   scheme, a dot or a port. Without the lists every setting counts as a switch and no index is approved.
# related_resources:
#   - https://huggingface.co/docs/transformers/models#custom-models
#   - https://pip.pypa.io/en/stable/topics/configuration/
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Build the model's code and the packages into the image, or install them from an index that the
#     configuration approves.
#   pointless:
#   - switches: []
#   parameters:
#     switches:
#       description: Regular expressions for names of settings that allow a model's own code, in any case.
#       type: array
#       items:
#         type: string
#         format: regex
#     index_variables:
#       description: Regular expressions for names of settings that contain package indexes, in any case.
#       type: array
#       default: []
#       items:
#         type: string
#         format: regex
#     indexes:
#       description: Hosts of approved package indexes, and ARNs of approved CodeArtifact repositories.
#       type: array
#       default: []
#       items:
#         type: string
#         description: A host without https:// and path, or an ARN; both may be globs.
#         format: glob
#         pattern: ^(?![\w+.-]*://)[^/]*(?:$|:)
#         must_not_match: [packages.example.invalid]
package guard.rules.remote_code

import data.guard.lib.globs
import data.guard.lib.installs
import data.guard.lib.switches
import data.guard.parameters
import data.guard.settings
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Switches that are on, and indexes that aren't approved.
findings contains {
	"message": sprintf("The setting %s in %s lets a model bring its own code.", [setting.name, setting.slot]),
	"details": {"config": "rules.remote_code.switches", "slot": setting.slot, "setting": setting.name},
} if {
	some setting in _switched_on
}

findings contains {
	"message": sprintf("The setting %s in %s installs packages from %s, which is not an approved index.", [
		setting.name,
		setting.slot,
		index,
	]),
	"details": {
		"config": "rules.remote_code.indexes",
		"slot": setting.slot,
		"setting": setting.name,
		"index": index,
	},
} if {
	some i in _named(_index_variables)
	setting := settings.listed[i]
	some index in _unapproved(setting.value)
}

findings contains {
	"message": sprintf("The setting %s in %s installs packages from %s, which is not an approved index.", [
		setting.name,
		setting.slot,
		index,
	]),
	"details": {
		"config": "rules.remote_code.indexes",
		"slot": setting.slot,
		"setting": setting.name,
		"index": index,
	},
} if {
	_places_in_values > 0
	_places_in_values <= _most
	some setting in settings.listed
	contains(setting.value, "://")
	some place in _places_in(installs.command(setting.value))
	contains(place, "://")
	some index in _unapproved(place)
}

findings contains {
	"message": sprintf("Values of settings install packages from %s, which is not an approved index.", [_unknown]),
	"details": {"config": "rules.remote_code.indexes", "index": _unknown},
} if {
	_places_in_values > _most
}

findings contains {
	"message": sprintf("The option %s of the command lets a model bring its own code.", [option]),
	"details": {"config": "rules.remote_code.switches", "option": option},
} if {
	some words in _commands
	some option in switches.trust_options(_unquoted(words))
}

findings contains {
	"message": "A word of the command lets a model bring its own code.",
	"details": {"config": "rules.remote_code.switches"},
} if {
	some words in _commands
	_turns_on(concat("\n", words))
}

findings contains {
	"message": sprintf("The option %s of the command installs packages from %s, which is not an approved index.", [
		option,
		index,
	]),
	"details": {"config": "rules.remote_code.indexes", "option": option, "index": index},
} if {
	some words in _commands
	some [option, value] in array.slice(sort(installs.options(words)), 0, _most)
	some index in _unapproved(value)
}

findings contains {
	"message": sprintf("The variable %s of the command installs packages from %s, which is not an approved index.", [
		name,
		index,
	]),
	"details": {"config": "rules.remote_code.indexes", "variable": name, "index": index},
} if {
	some [name, index] in _assigned
}

# Without indexes that `_assigned` already reports: a variable's address may be in a line that installs packages.
findings contains {
	"message": sprintf("The command installs packages from %s, which is not an approved index.", [index]),
	"details": {"config": "rules.remote_code.indexes", "index": index},
} if {
	some index in (_installed - {index | some [_, index] in _assigned})
}

# Settings that turn a switch on by their name, by an assignment in their value, or by an option in a value that is a
# command.
_switched_on contains setting if {
	some i in _named(_switches)
	setting := settings.listed[i]
	not _is_off(setting)
}

_switched_on contains setting if {
	_sets_switch(_values)
	some setting in settings.listed
	_turns_on(setting.value)
}

_switched_on contains setting if {
	regex.match(switches.hint, switches.decoded(_values))
	some setting in settings.listed
	switches.trust_options(regex.replace(switches.decoded(setting.value), `[\[\]{},:"'\x60\\]+`, " ")) != set()
}

# Positions of the settings whose name matches one of the expressions, in any case.
_named(expressions) := settings.named(_any_of(expressions)) if {
	count(expressions) > 0
} else := set()

_any_of(expressions) := sprintf("(?i)(?:%s)", [concat(")|(?:", expressions)])

_values := concat("\n", settings.values)

# True if an assignment in the text turns a switch on.
_turns_on(text) if {
	_sets_switch(text)
	_sets_switch(switches.without_off(switches.decoded(text)))
}

_sets_switch(text) if {
	count(_switches) > 0
	settings.is_any_named(_any_of(_switches), switches.assigned(switches.decoded(text)))
}

_is_off(setting) if {
	switches.is_off(setting.value)
	not _is_bare(setting)
}

# AWS's images turn these variables into options, which have no value if the variable is empty.
_is_bare(setting) if {
	setting.value == ""
	regex.match(`^SM_(?:VLLM|SGLANG)_`, setting.name)
}

# The number of places for packages in the values of settings that are commands, or have options or variables for them.
# Most jobs have none, which one look at all values together shows.
default _places_in_values := 0

_places_in_values := installs.number([text], _most + 1) + count(_index_names(settings.assignments(found))) if {
	contains(_values, "://")
	regex.match(installs.hint, _values)
	text := installs.command(_values)
	found := installs.assignments(text)
}

_places_in(text) := union({
	# A place in S3 belongs to another program: package indexes can't be in S3.
	{place | some [_, place] in installs.options([text]); not startswith(place, "s3:")},
	installs.addresses([text]),
	{place |
		lines := settings.assignments(installs.assignments(text))
		some [_, place] in settings.assigned_values(lines, _index_names(lines))
	},
})

_index_names(lines) := settings.assigned_names(lines, _any_of(_index_variables), _most + 1) if {
	count(_index_variables) > 0
} else := []

# SageMaker appends the arguments to the entrypoint. Most jobs have neither.
_commands contains words if {
	words := [word | some part in ["entrypoint", "arguments"]; some word in input.command[part]]
	words != []
}

# A shell's word continues after a quote: `"0"-hero` is one word.
_unquoted(words) := regex.replace(concat("\n", words), `["'\x60\\]`, "")

_assigned contains [name, index] if {
	some words in _commands
	some [name, value] in array.slice(sort(_index_assignments(words)), 0, _most)
	some index in _unapproved(value)
}

_index_assignments(words) := {[name, value] |
	count(_index_variables) > 0
	some [name, value] in installs.variables(words)
	regex.match(_any_of(_index_variables), name)
}

_installed contains index if {
	some words in _commands
	some address in array.slice(sort(installs.addresses(words)), 0, _most)
	some index in _unapproved(address)
}

_installed contains _unknown if {
	some words in _commands
	some found in [installs.addresses(words), installs.options(words), _index_assignments(words)]
	count(found) > _most
}

# A limit on work: a job's owner could name thousands of places, and no ordinary job needs more than these.
_most := 100

# The rule loader_environment checks paths in the container.
_unapproved(value) := {_shown(address, place) |
	some word in regex.split(`[\s,;"']+`, value)
	not regex.match(`^(?:/|file:|$)`, word)
	address := regex.replace(word, `^[\w-]+=`, "")
	place := _place(address)
	not _is_approved(place)
}

# A single word isn't shown, because it may be a password that was put in the wrong place.
_shown(address, place) := "a place without an address" if {
	not contains(address, "://")
	regex.match(`^[\w-]+$`, place)
} else := place

_is_approved(place) if {
	place != _unknown
	globs.matches(_indexes, place)
}

# Clients disagree about whether a backslash ends the host, so a place with one is unknown.
_place(word) := word if {
	regex.match(`^arn:[\w:./-]+$`, word)
} else := host if {
	host := lower(regex.replace(word, `^[a-zA-Z+]+://(?:[^/?#]*@)?([^/?#@]*).*$`, "$1"))
	not contains(word, `\`)
	regex.match(`^[a-z0-9_.-]+(?::[0-9]+)?$`, host)
} else := _unknown

_unknown := "an unknown place"

default _switches := [""]

_switches := given if {
	given := parameters.of.remote_code.switches
	is_array(given)
}

default _index_variables := []

_index_variables := given if {
	given := parameters.of.remote_code.index_variables
	is_array(given)
}

default _indexes := []

_indexes := given if {
	given := parameters.globs.remote_code.indexes
	is_array(given)
}
