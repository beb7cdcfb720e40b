# METADATA
# title: Switches
# description: |
#   How settings, JSON, lists of arguments and commands turn something on or off. What isn't off counts as on. Texts may
#   hold thousands of names, so nothing here looks at one after the other.
# related_resources:
#   - https://docs.python.org/3/library/argparse.html#argument-abbreviations-prefix-matching
package guard.lib.switches

_no := "null|none|false|0|no|off|n|f"

# METADATA
# description: Whether a setting of its own with this value is off. The SDK quotes hyperparameters as JSON.
is_off(value) if regex.match(sprintf(`(?i)^["']?\s*(?:%s)?\s*["']?$`, [_no]), value)

# METADATA
# description: |
#   The names, a line each, that a text sets as `name=value` or as JSON, whatever to; of options only what is no name.
#   Undefined if there are none.
assigned(text) := names if {
	found := regex.find_n(`[\w.$-]+["'\\]*\s*[=:]`, text, -1)
	found != []
	names := strings.replace_n(_beside_names, concat("\n", found))
}

_beside_names := {`"`: "", "'": "", `\`: "", "=": "", ":": "", " ": "", "\t": "", "\r": "", "--": "#"}

# METADATA
# description: The text without values that are off, so that `assigned` finds what is on.
without_off(text) := regex.replace(concat("", [text, "\n"]), _off_values, ",")

# Empty ones are off, too, but where JSON goes on in the next line. Behind a quote a shell's word may go on.
_off_values := concat("|", [
	sprintf(`(?:={1,2}|:\s*)[ \t"'\\]*(?:(?i:%s)["'\\]*[\s>,;&|)\]}]|[,;&|)\]}])`, [_no]),
	`={1,2}[ \t"'\\]*\n|:[\s"'\\]*\z`,
])

# METADATA
# description: The regular expression of what a text has in which `trust_options` finds something.
hint := `--(?:[\w-]+\.)*tr`

# METADATA
# description: |
#   The options for a model's own code that a text without quotes turns on, as they are written there. Python's argparse
#   takes an option by any beginning that no other one has: from `--tr` on these are only this option's. Of a group's
#   option, `--model.trust_remote_code`, the whole name counts.
trust_options(text) := {option |
	some [_, option] in regex.find_all_string_submatch_n(_trust_option, regex.replace(text, _trust_option_off, " "), -1)
}

_trust_option := concat("", [`(?:^|[\s;|&(])(`, _trust, `)(?:[=\s;|&)<>,]|$)`])

# The value is all of the next word.
_trust_option_off := concat("", [_trust, sprintf(`(?:=|\s+)(?i:%s)(?:[\s;|&)<>,]|$)`, [_no])])

_trust := concat("|", [
	`--(?:tr(?:u(?:s(?:t(?:[_-](?:r(?:e(?:m(?:o(?:t(?:e(?:[_-](?:c(?:o(?:de?)?)?)?)?)?)?)?)?)?)?)?)?)?)?`,
	`(?:[\w-]+\.)+trust[_-]remote[_-]code)`,
])

# METADATA
# description: |
#   The text without the escapes of JSON for what names and values are written in, also where JSON holds JSON as a text.
decoded(text) := text if {
	not contains(text, `\u00`)
} else := strings.replace_n(_characters, regex.replace(text, `\\(?:\\|u005[cC])*u`, `\u`))

_characters[sprintf(form, [code])] := sprintf("%c", [code]) if {
	some form in [`\u%04x`, `\u%04X`]
	some code in numbers.range(32, 126)
}
