# METADATA
# title: Code from elsewhere
# description: |
#   A job may not run code that comes with a downloaded model (`trust_remote_code` and its kin, by the regular
#   expressions `switches`), nor install packages from an index that a glob of the list `indexes` doesn't match: a
#   host, in lower case and with its port if it names one, or the ARN of a CodeArtifact repository. The rule reads
#   hyperparameters, environment (variables by the regular expressions `index_variables`) and the words of the
#   command (`--trust-remote-code`, `--index-url` and its kin, each address that `pip`, `uv` or `conda` installs
#   from, or `uv`, `uvx` or `pipx` runs). The option counts by any beginning from `--tr` on, as Python's argparse
#   takes it, and a switch as well where a value or a word turns it on among others
#   (`model=x,trust_remote_code=True`). Places of a command behind the hundredth count as unknown. A switch that is
#   empty or off is none. No value appears in a finding but the host of an index. Without the lists every setting
#   counts as a switch and no index is approved.
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
#         format: glob
#         must_not_match: [packages.example.invalid]
package guard.rules.remote_code

import data.guard.lib.globs
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
	"message": sprintf("The option %s of the command lets a model bring its own code.", [option]),
	"details": {"config": "rules.remote_code.switches", "option": option},
} if {
	some words in _commands
	some option in _trust_options(_unquoted(words))
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
	some [option, value] in array.slice(sort(_options(words)), 0, _most)
	some index in _unapproved(value)
}

findings contains {
	"message": sprintf("The command installs packages from %s, which is not an approved index.", [index]),
	"details": {"config": "rules.remote_code.indexes", "index": index},
} if {
	some index in _installed
}

# By its name, among other things of its value, or as an option of a command that the value is.
_switched_on contains setting if {
	some i in _named(_switches)
	setting := settings.listed[i]
	not regex.match(_off, setting.value)
}

_switched_on contains setting if {
	_turns_on(concat("\n", [setting.value | some setting in settings.listed]))
	some setting in settings.listed
	_turns_on(setting.value)
}

_switched_on contains setting if {
	contains(settings.text, "--tr")
	some setting in settings.listed
	some _ in _trust_options(regex.replace(setting.value, `[\[\]{},"'\x60\\]+`, " "))
}

# Places of settings whose name one of the expressions matches, in any case.
_named(expressions) := settings.named(_any_of(expressions)) if {
	count(expressions) > 0
} else := set()

_any_of(expressions) := sprintf("(?i)(?:%s)", [concat(")|(?:", expressions)])

# True of a text that turns a switch on among other things, as JSON or as `name=value`.
_turns_on(text) if {
	count(_switches) > 0
	names := {name | some [_, name] in regex.find_all_string_submatch_n(_turned_on, text, -1)}
	some name in names
	some spelling in settings.spellings(name)
	regex.match(_any_of(_switches), spelling)
}

# A shell's `$name` only reads it.
_turned_on := `(?im)(?:^|[^\w.$-])([a-z_][\w.-]*)["'\\]*\s*[:=]\s*["'\\]*(?:true|yes|on|t|y|1)\b`

# The SDK quotes hyperparameters as JSON.
_off := `(?i)^["']?\s*(?:|null|none|false|0|no|off)\s*["']?$`

# SageMaker runs the arguments behind the entrypoint. Most jobs have neither.
_commands contains words if {
	words := [word | some part in ["entrypoint", "arguments"]; some word in input.command[part]]
	words != []
}

# A shell's word goes on behind a quote: `"0"-hero` is one.
_unquoted(words) := regex.replace(concat("\n", words), `["'\x60\\]`, "")

_trust_options(text) := {option |
	some [_, option, joined, next] in regex.find_all_string_submatch_n(_trust_option, text, -1)
	not regex.match(`(?i)^(?:false|0|no|off)$`, concat("", [joined, next]))
}

# Python's argparse takes an option by any beginning that no other one has. The value is all of the next word, unless
# that is an option, too.
_trust_option := concat("", [
	`(?:^|[\s;|&(])`,
	`(--tr(?:u(?:s(?:t(?:[_-](?:r(?:e(?:m(?:o(?:t(?:e(?:[_-](?:c(?:o(?:de?)?)?)?)?)?)?)?)?)?)?)?)?)?)?)`,
	`(?:=([^\s;|&)<>,]*)|\s+([^\s;|&)<>,-][^\s;|&)<>,]*)|[\s;|&)<>,]|$)`,
])

_index_option := `(?:^|[\s"'])(--(?:extra-)?index-url|--find-links|--(?:default-)?index|--registry)[=\s]+(\S+)`

# Another program's `--index 3` names no place.
_options(words) := {[option, value] |
	some [_, option, value] in regex.find_all_string_submatch_n(_index_option, concat("\n", words), -1)
	regex.match(`[a-zA-Z].*[./]|:`, value)
}

_installed contains index if {
	some words in _commands
	some address in array.slice(sort(_addresses(words)), 0, _most)
	some index in _unapproved(address)
}

_installed contains _unknown if {
	some words in _commands
	max([count(_addresses(words)), count(_options(words))]) > _most
}

# A job's owner may write thousands into a command; nobody needs more than these.
_most := 100

# What the lines of the command that install packages name, `-i https://a/simple`, `git+https://b/c`, `d@https://e`,
# and those that run a package or a script from there, before the arguments of what is run.
_addresses(words) := {address |
	contains(concat("\n", words), "://")
	some [lines, place] in _lines_with_addresses
	some line in {line | some line in regex.find_n(lines, _script(words), -1)}
	some [_, address] in regex.find_all_string_submatch_n(place, regex.replace(line, _told_elsewhere, " "), -1)
}

_lines_with_addresses := [[_installation, _address], [_conda, _address], [_run, `((?:\w+\+)?\w+://[^\s/?#)]*)`]]

_run := concat("", [
	`(?m)^(?:.*(?:[\s/(=]|\s-m))?(?:uvx|(?:uv|pipx)\s(?:-\S+\s+)*(?:tool\s+)?run)\s+`,
	`(?:(?:-p|--(?:python|env-file|directory|project|with\S*|from|spec))(?:=|\s+)(?:[^\s:]+\s+@\s+)?\S+\s+|-\S+\s+)*\S+`,
])

_conda := concat("", [
	`(?m)^(?:.*[\s/(=])?(?:conda|(?:micro)?mamba)\s(?:-\S+\s+)*(?:env\s+)?`,
	`(?:install|create|update|config\s+--(?:add|append|prepend))\s.*$`,
])

_installation := concat("", [
	`(?m)^(?:.*(?:[\s/(=]|\s-m))?(?:pip[0-9.]*|uv)\s(?:.*\s)?(?:`,
	concat("", [_verbs, `)\s.*$`]),
])

# `pip config set global.index-url` is for every later call of pip.
_verbs := `install|download|wheel|add|sync|set\s+\S*(?:index-url|find-links)`

_address := `(?:[\s@=]|\s-[if])((?:\w+\+)?\w+://[^\s/?#)]*)`

# The command as a shell reads it, a line for each program; what an address holds begins none.
_script(words) := regex.replace(regex.replace(concat(" ", words), _unread, ""), _end, "$1\n")

_end := `((?:^|\s)[^\s:;&|]*);|&&|\||;(?:\s|$)`

# What a shell takes away, and the semicolon before the marker of a requirement.
_unread := concat("|", [`\\\n|["']`, concat("", [_marker, `\s*(?:[<>=!~]|(?:not )?in\b)`])])

_marker := `;\s*(?:python_(?:full_)?version|(?:platform|implementation)_\w+|sys_platform|os_name|extra)`

_told_elsewhere := concat("|", [_index_option, `--proxy[=\s]+\S+`])

# A path of the container is for the rule loader_environment.
_unapproved(value) := {place |
	some word in regex.split(`[\s,;"']+`, value)
	not regex.match(`^(?:/|file:|$)`, word)
	place := _place(regex.replace(word, `^[\w-]+=`, ""))
	not _is_approved(place)
}

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
