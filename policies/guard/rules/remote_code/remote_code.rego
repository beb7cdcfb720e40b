# METADATA
# title: Code from elsewhere
# description: |
#   A job may not run code that comes with a downloaded model (`trust_remote_code` and its kin, by the regular
#   expressions `switches`), nor install packages from an index that a glob of the list `indexes` doesn't match: a
#   host, in lower case and with its port if it names one, or the ARN of a CodeArtifact repository. The rule reads
#   hyperparameters, environment (variables by the regular expressions `index_variables`) and the words of the command
#   (`--trust-remote-code`, `--index-url` and its kin, `NAME=value` by the same `index_variables`, each address that
#   `pip`, `uv` or `conda` installs from, or `uv`, `uvx` or `pipx` runs); such options, variables and addresses with a
#   scheme count in the values of settings, too. The option counts by any beginning from `--tr` on, as Python's
#   argparse takes it, or behind the name of a group (`--model.trust_remote_code`), and a switch as well where a value
#   or a word turns it on among others (`model=x,trust_remote_code=True`). A switch is off if it is empty or one of
#   `0`, `f`, `false`, `n`, `no`, `none`, `null` and `off`, in any case, and otherwise on; `SM_VLLM_...` and
#   `SM_SGLANG_...` are on if they are empty, as AWS's images make an option without a value of them. Places of a
#   command behind the hundredth count as unknown, and where the values name more than a hundred, all of them. No value
#   appears in a finding but the ARN of an index, or its host where it has a scheme, a dot or a port. Without the lists
#   every setting counts as a switch and no index is approved.
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
#       description: What settings that allow a model's own code are called, in any case.
#       type: array
#       items:
#         type: string
#         format: regex
#     index_variables:
#       description: What settings that name package indexes are called, in any case.
#       type: array
#       default: []
#       items:
#         type: string
#         format: regex
#     indexes:
#       description: Hosts of package indexes, and ARNs of CodeArtifact repositories.
#       type: array
#       default: []
#       items:
#         type: string
#         description: A host without https:// and without a path, or an ARN; both may be globs.
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

# The address of a variable may stand in a line that installs.
findings contains {
	"message": sprintf("The command installs packages from %s, which is not an approved index.", [index]),
	"details": {"config": "rules.remote_code.indexes", "index": index},
} if {
	some index in (_installed - {index | some [_, index] in _assigned})
}

# By its name, among other things of its value, or as an option of a command that the value is.
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

# Places of settings whose name one of the expressions matches, in any case.
_named(expressions) := settings.named(_any_of(expressions)) if {
	count(expressions) > 0
} else := set()

_any_of(expressions) := sprintf("(?i)(?:%s)", [concat(")|(?:", expressions)])

_values := concat("\n", settings.values)

# True of a text that turns a switch on among other things.
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

# AWS's images make options of these variables, without a value where they are empty.
_is_bare(setting) if {
	setting.value == ""
	regex.match(`^SM_(?:VLLM|SGLANG)_`, setting.name)
}

# How many places for packages the values name that are commands, or have options or variables for one. All values at
# once tell that most jobs have none.
default _places_in_values := 0

_places_in_values := installs.number([text], _most + 1) + count(_index_names(settings.assignments(found))) if {
	contains(_values, "://")
	regex.match(installs.hint, _values)
	text := installs.command(_values)
	found := installs.assignments(text)
}

_places_in(text) := union({
	# No package index lies in S3, but another program's.
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

# SageMaker runs the arguments behind the entrypoint. Most jobs have neither.
_commands contains words if {
	words := [word | some part in ["entrypoint", "arguments"]; some word in input.command[part]]
	words != []
}

# A shell's word goes on behind a quote: `"0"-hero` is one.
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

# A job's owner may write thousands into a command; nobody needs more than these.
_most := 100

# A path of the container is for the rule loader_environment.
_unapproved(value) := {_shown(address, place) |
	some word in regex.split(`[\s,;"']+`, value)
	not regex.match(`^(?:/|file:|$)`, word)
	address := regex.replace(word, `^[\w-]+=`, "")
	place := _place(address)
	not _is_approved(place)
}

# One word alone may be anything, a password that was put in the wrong place, too.
_shown(address, place) := "a place without an address" if {
	not contains(address, "://")
	regex.match(`^[\w-]+$`, place)
} else := place

_is_approved(place) if {
	place != _unknown
	globs.matches(_indexes, place)
}

# Clients differ in whether a backslash ends the host, so with one the place is unknown.
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
