# METADATA
# title: Installations
# description: |
#   Where a command, a list of words, installs packages from: what the tools are told by options, by variables and by
#   addresses. It may be a shell's, with several programs in one of its words.
# related_resources:
#   - https://pip.pypa.io/en/stable/cli/pip_install/
package guard.lib.installs

import data.guard.lib.switches

# METADATA
# description: |
#   Options for package indexes with their values, as `["--index-url", "https://a/simple"]`. Another program's
#   `--index 3` names no place.
options(words) := {[option, value] |
	some [_, option, value] in regex.find_all_string_submatch_n(_index_option, concat("\n", words), -1)
	regex.match(`[a-zA-Z].*[./]|:`, value)
}

_index_option := `(?:^|[\s"'])(--(?:extra-)?index-url|--find-links|--(?:default-)?index|--registry)[=\s]+(\S+)`

# METADATA
# description: |
#   Variables that are set, with their values, as `["PIP_INDEX_URL", "https://a/simple"]`: once as they are written,
#   where a value in quotes may have spaces, and once without quotes, which may stand in the middle of a name.
variables(words) := {[name, value] |
	text := concat("\n", words)
	some reading in [text, regex.replace(text, `["'\x60\\]`, "")]
	some [_, name, value] in regex.find_all_string_submatch_n(_variable, reading, -1)
}

_variable := `(?:^|[\s;&|("'\x60])([a-zA-Z_]\w*)=("[^"\n]*"|'[^'\n]*'|[^\s;&|"']+)`

# METADATA
# description: |
#   What those lines of the command name that install packages, `-i https://a/simple`, `git+https://b/c`, `d@https://e`,
#   and those that run a package or a script from there, before the arguments of what is run.
addresses(words) := {address |
	contains(concat("\n", words), "://")
	some [lines, place] in _lines_with_addresses
	some line in {line | some line in regex.find_n(lines, _script(words), -1)}
	some [_, address] in regex.find_all_string_submatch_n(place, regex.replace(line, _index_or_proxy_option, " "), -1)
}

# METADATA
# description: |
#   How many options and addresses a command has, as often as they are there; what is more than `most` of a kind isn't
#   counted. Takes few steps, however many there are.
number(words, most) := count(regex.find_n(_index_option, concat("\n", words), most)) + sum([count(found) |
	some [lines, place] in _lines_with_addresses
	installing := concat("\n", regex.find_n(lines, _script(words), -1))
	found := regex.find_n(place, regex.replace(installing, _index_or_proxy_option, " "), most)
])

# METADATA
# description: |
#   What a text sets by `NAME=value`, with and without its quotes, for `settings.assigned_names`.
assignments(text) := array.concat(regex.find_n(_variable, text, -1), regex.find_n(_variable, unquoted, -1)) if {
	unquoted := regex.replace(text, `["'\x60\\]`, "")
}

# METADATA
# description: |
#   The regular expression of what a setting's value has, as it is written, that is a `command` with options, variables
#   or addresses. Without a space or a comma it is one word, and an option or variable with a value has a `=` or JSON's
#   escape of one.
hint := `[=, \t\\]|--`

_lines_with_addresses := [[_installation, _address], [_conda, _address], [_run, `((?:\w+\+)?\w+://[^\s/?#)]*)`]]

_run := concat("", [
	`(?m)^(?:.*(?:[ \t/(=]|[ \t]-m))?(?:uvx|(?:uv|pipx)[ \t](?:-\S+[ \t]+)*(?:tool[ \t]+)?run)[ \t]+`,
	`(?:(?:-p|--(?:python|env-file|directory|project|with\S*|from|spec))(?:=|[ \t]+)(?:[^\s:]+[ \t]+@[ \t]+)?\S+[ \t]+|`,
	`-\S+[ \t]+)*\S+`,
])

_conda := concat("", [
	`(?m)^(?:.*[ \t/(=])?(?:conda|(?:micro)?mamba)[ \t](?:-\S+[ \t]+)*(?:env[ \t]+)?`,
	`(?:install|create|update|config[ \t]+--(?:add|append|prepend))[ \t].*$`,
])

# A verb of uv stands behind its own options only: behind `uv run a.py` it is an argument of the script.
_installation := concat("", [
	`(?m)^(?:.*(?:[ \t/(=]|[ \t]-m))?(?:pip[0-9.x]*[ \t](?:.*[ \t])?|`,
	concat("", ["uv", _options_of_uv, "(?:(?:pip|tool|python)", _options_of_uv, ")?)"]),
	# `pip config set global.index-url` is for every later call of pip.
	`(?:install|inject|download|wheel|add|sync|set[ \t]+\S*(?:index[_-]url|find[_-]links))[ \t].*$`,
])

_options_of_uv := concat("", [
	`[ \t]+(?:(?:--(?:directory|project|config-file|cache-dir|color|python-preference|allow-insecure-host)[ \t]+\S+|`,
	`-\S+)[ \t]+)*`,
])

_address := `(?:[\s@=]|\s-[if])((?:\w+\+)?\w+://[^\s/?#)]*)`

# The command as a shell reads it, a line for each program; what an address holds begins none. A program ends inside of
# a word only: without a shell, `;` at the end of one is part of an argument, and the next word is of the same program.
_script(words) := concat(" ", [script |
	some word in words
	read := regex.replace(regex.replace(word, _comment, "$1"), _unread, "")
	script := regex.replace(regex.replace(read, `([^\s;&|])[\s;&|]+$`, "$1"), _end, "$1\n")
])

# One with a quote may be no comment but part of a text.
_comment := `(?m)(^|[^\\][ \t])#[^\n"']*$`

_end := `((?:^|\s)[^\s:;&|]*)(?:;|&&?)|&&|\|[&|]?|[;&]\s`

# What a shell takes away, redirections, which would look like ends, and the semicolon before the marker of a
# requirement.
_unread := concat("|", [`\\\n|["']|[<>]&|&>`, concat("", [_marker, `\s*(?:[<>=!~]|(?:not )?in\b)`])])

_marker := `;\s*(?:python_(?:full_)?version|(?:platform|implementation)_\w+|sys_platform|os_name|extra)`

_index_or_proxy_option := concat("|", [_index_option, `--proxy[=\s]+\S+`])

# METADATA
# description: |
#   A setting's value as the command that it may be: a list of JSON as its words, and texts of JSON as they are meant.
command(value) := regex.replace(lines, `\\+(["'])`, "$1") if {
	words := regex.replace(switches.decoded(value), `["'\\]*\s*,\s*["'\\]+|[\[\]]`, " ")
	lines := regex.replace(words, `\\+n`, "\n")
}
