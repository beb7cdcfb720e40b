# METADATA
# title: Installations
# description: |
#   The places from which a command, a list of words, installs packages, given by options, variables and addresses. The
#   command may be a shell's, with several programs in one word.
# related_resources:
#   - https://pip.pypa.io/en/stable/cli/pip_install/
package guard.lib.installs

import data.guard.lib.switches

# METADATA
# description: |
#   Options for package indexes with their values, such as `["--index-url", "https://a/simple"]`. Values that can't be a
#   place are left out, such as another program's `--index 3`.
options(words) := {[option, value] |
	some [_, option, value] in regex.find_all_string_submatch_n(_index_option, concat("\n", words), -1)
	regex.match(`[a-zA-Z].*[./]|:`, value)
}

_index_option := `(?:^|[\s"'])(--(?:extra-)?index-url|--find-links|--(?:default-)?index|--registry)[=\s]+(\S+)`

# METADATA
# description: |
#   Variables that the command sets, with their values, such as `["PIP_INDEX_URL", "https://a/simple"]`. The command is
#   read twice: as written, where a quoted value may contain spaces, and without quotes, which may be in the middle of a
#   name.
variables(words) := {[name, value] |
	text := concat("\n", words)
	some reading in [text, regex.replace(text, `["'\x60\\]`, "")]
	some [_, name, value] in regex.find_all_string_submatch_n(_variable, reading, -1)
}

_variable := `(?:^|[\s;&|("'\x60])([a-zA-Z_]\w*)=("[^"\n]*"|'[^'\n]*'|[^\s;&|"']+)`

# METADATA
# description: |
#   The addresses in lines of the command that install packages (`-i https://a/simple`, `git+https://b/c`,
#   `d@https://e`), and in lines that run a package or a script from an address, before the arguments of what is run.
addresses(words) := {address |
	contains(concat("\n", words), "://")
	some [lines, place] in _lines_with_addresses
	some line in {line | some line in regex.find_n(lines, _script(words), -1)}
	some [_, address] in regex.find_all_string_submatch_n(place, regex.replace(line, _index_or_proxy_option, " "), -1)
}

# METADATA
# description: |
#   The number of options and addresses in a command, repeated ones included, counting at most `most` of each kind.
#   Takes few steps, however many there are.
number(words, most) := count(regex.find_n(_index_option, concat("\n", words), most)) + sum([count(found) |
	some [lines, place] in _lines_with_addresses
	installing := concat("\n", regex.find_n(lines, _script(words), -1))
	found := regex.find_n(place, regex.replace(installing, _index_or_proxy_option, " "), most)
])

# METADATA
# description: |
#   The assignments `NAME=value` in a text, with and without quotes, in the form that `settings.assignments` needs.
assignments(text) := array.concat(regex.find_n(_variable, text, -1), regex.find_n(_variable, unquoted, -1)) if {
	unquoted := regex.replace(text, `["'\x60\\]`, "")
}

# METADATA
# description: |
#   A regular expression that matches every value of a setting that is a `command` with options, variables or addresses.
#   A value without a space or a comma is one word, and an option or variable with a value contains `=` or the JSON
#   escape of it.
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

# Only uv's own options may precede a verb of uv: after `uv run a.py` the word is an argument of the script.
_installation := concat("", [
	`(?m)^(?:.*(?:[ \t/(=]|[ \t]-m))?(?:pip[0-9.x]*[ \t](?:.*[ \t])?|`,
	concat("", ["uv", _options_of_uv, "(?:(?:pip|tool|python)", _options_of_uv, ")?)"]),
	# `pip config set global.index-url` applies to every later call of pip.
	`(?:install|inject|download|wheel|add|sync|set[ \t]+\S*(?:index[_-]url|find[_-]links))[ \t].*$`,
])

_options_of_uv := concat("", [
	`[ \t]+(?:(?:--(?:directory|project|config-file|cache-dir|color|python-preference|allow-insecure-host)[ \t]+\S+|`,
	`-\S+)[ \t]+)*`,
])

_address := `(?:[\s@=]|\s-[if])((?:\w+\+)?\w+://[^\s/?#)]*)`

# The command as a shell reads it, a line for each program. Separators inside an address start no new program. Only a
# separator inside a word ends a program: without a shell, a `;` at the end of a word is part of the argument, and the
# next word belongs to the same program.
_script(words) := concat(" ", [script |
	some word in words
	read := regex.replace(regex.replace(word, _comment, "$1"), _unread, "")
	script := regex.replace(regex.replace(read, `([^\s;&|])[\s;&|]+$`, "$1"), _end, "$1\n")
])

# A comment. Text with a quote is excluded, because it may be part of a string.
_comment := `(?m)(^|[^\\][ \t])#[^\n"']*$`

_end := `((?:^|\s)[^\s:;&|]*)(?:;|&&?)|&&|\|[&|]?|[;&]\s`

# Text that a shell removes, redirections, which would look like the end of a program, and the semicolon before the
# environment marker of a requirement.
_unread := concat("|", [`\\\n|["']|[<>]&|&>`, concat("", [_marker, `\s*(?:[<>=!~]|(?:not )?in\b)`])])

_marker := `;\s*(?:python_(?:full_)?version|(?:platform|implementation)_\w+|sys_platform|os_name|extra)`

_index_or_proxy_option := concat("|", [_index_option, `--proxy[=\s]+\S+`])

# METADATA
# description: |
#   A setting's value read as a command: a JSON list is replaced by its words, and JSON escapes by their characters.
command(value) := regex.replace(lines, `\\+(["'])`, "$1") if {
	words := regex.replace(switches.decoded(value), `["'\\]*\s*,\s*["'\\]+|[\[\]]`, " ")
	lines := regex.replace(words, `\\+n`, "\n")
}
