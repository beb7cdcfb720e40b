# METADATA
# title: Switches
# description: |
#   How settings, JSON, lists of arguments and commands turn something on or off. A value that isn't off counts as on.
#   Texts may contain thousands of names, so nothing here iterates over them.
# related_resources:
#   - https://docs.python.org/3/library/argparse.html#argument-abbreviations-prefix-matching
package guard.lib.switches

_no := "null|none|false|0|no|off|n|f"

# METADATA
# description: True if a setting with this value is off. The SDK quotes hyperparameters as JSON.
is_off(value) if regex.match(sprintf(`(?i)^["']?\s*(?:%s)?\s*["']?$`, [_no]), value)

# METADATA
# description: |
#   The names, a line each, that a text sets to any value as `name=value` or in JSON. An option's name begins with `#`,
#   so that it isn't found as a name. Undefined if there are none.
assigned(text) := names if {
	found := regex.find_n(`[\w.$-]+["'\\]*\s*[=:]`, text, -1)
	found != []
	names := strings.replace_n(_beside_names, concat("\n", found))
}

_beside_names := {`"`: "", "'": "", `\`: "", "=": "", ":": "", " ": "", "\t": "", "\r": "", "--": "#"}

# METADATA
# description: The text without values that are off, so that `assigned` finds only names that are on.
without_off(text) := regex.replace(concat("", [text, "\n"]), _off_values, ",")

# Empty values are also off, unless JSON continues in the next line. After a quote, a shell's word may continue.
_off_values := concat("|", [
	sprintf(`(?:={1,2}|:\s*)[ \t"'\\]*(?:(?i:%s)["'\\]*[\s>,;&|)\]}]|[,;&|)\]}])`, [_no]),
	`={1,2}[ \t"'\\]*\n|:[\s"'\\]*\z`,
])

# METADATA
# description: A regular expression that matches every text in which `trust_options` finds something.
hint := `--(?:[\w-]+\.)*tr`

# METADATA
# description: |
#   The options in a text without quotes that allow a model's own code, as they are written. Python's argparse accepts
#   an unambiguous prefix of an option: from `--tr` on, the prefix belongs to this option only. For an option of a
#   group, `--model.trust_remote_code`, only the whole name counts.
trust_options(text) := {option |
	some [_, option] in regex.find_all_string_submatch_n(_trust_option, regex.replace(text, _trust_option_off, " "), -1)
}

_trust_option := concat("", [`(?:^|[\s;|&(])(`, _trust, `)(?:[=\s;|&)<>,]|$)`])

# The value is the whole next word.
_trust_option_off := concat("", [_trust, sprintf(`(?:=|\s+)(?i:%s)(?:[\s;|&)<>,]|$)`, [_no])])

_trust := concat("|", [
	`--(?:tr(?:u(?:s(?:t(?:[_-](?:r(?:e(?:m(?:o(?:t(?:e(?:[_-](?:c(?:o(?:de?)?)?)?)?)?)?)?)?)?)?)?)?)?)?`,
	`(?:[\w-]+\.)+trust[_-]remote[_-]code)`,
])

# METADATA
# description: |
#   The text with JSON escapes of printable ASCII characters replaced by the characters, also for JSON within JSON.
decoded(text) := text if {
	not contains(text, `\u00`)
} else := strings.replace_n(_characters, regex.replace(text, `\\(?:\\|u005[cC])*u`, `\u`))

_characters[sprintf(form, [code])] := sprintf("%c", [code]) if {
	some form in [`\u%04x`, `\u%04X`]
	some code in numbers.range(32, 126)
}
