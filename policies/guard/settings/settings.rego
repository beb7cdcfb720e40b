# METADATA
# title: Settings
# description: |
#   The hyperparameters and environment variables of a job as one list, and their names and values as lists in the same
#   order. All rules that check every setting share these lists: OPA iterates over a list of texts in fewer steps than
#   over a list of objects, and needs the setting itself only for a suspicious text.
# schemas:
#   - input: schema.input
package guard.settings

import future.keywords.not

# METADATA
# description: Every setting, hyperparameters first.
listed := array.concat(input.hyperparameters, input.environment)

# METADATA
# description: The settings' values.
values := [setting.value | some setting in listed]

# METADATA
# description: |
#   The settings' names. If all names together have more than 20,000 characters, which ordinary jobs don't reach, a long
#   name is cut to its first and last 128 characters, each on a line: rules search names with many regular expressions.
names := _names if {
	count(concat("", _names)) <= 20000
} else := [_ends(name) | some name in _names]

_names := [setting.name | some setting in listed]

_ends(name) := name if {
	count(name) <= 256
} else := concat("\n", [substring(name, 0, 128), substring(name, count(name) - 128, -1)])

# METADATA
# description: The settings' names in lower case.
lower_names := lower_lines if {
	lower_lines := split(lower(_lines), "\n")
	count(lower_lines) == count(names)
} else := [lower(name) | some name in names]

# METADATA
# description: |
#   The positions of the settings that the expression matches somewhere in the name, in one of its `spellings`. Most
#   expressions match no name, which one search in all names, a line each, shows. That shortcut doesn't work for
#   expressions that distinguish the ends of the text from the ends of a line.
named(expression) := set() if {
	not _has_text_anchor(expression)
	not regex.match(concat("", ["(?m)", expression]), _spelled)
} else := {i | some i, name in names; some spelling in spellings(name); regex.match(expression, spelling)}

# METADATA
# description: |
#   True if the expression matches somewhere in one of these names, a line each, or in their `spellings`. Unlike `named`
#   it doesn't iterate over the names, because the value of one setting can contain thousands.
is_any_named(expression, lines) if {
	some text in _texts(expression, lines)
	some spelling in spellings(text)
	regex.match(concat("", ["(?m)", expression]), spelling)
}

_texts(expression, lines) := split(lines, "\n") if {
	_has_text_anchor(expression)
} else := [lines]

# METADATA
# description: |
#   Texts such as `NAME=value` and `--name value` as lines with a tab after the name: the input of `assigned_names` and
#   `assigned_values`, which process any number of lines without iterating over them.
assignments(texts) := regex.replace(concat("\n", texts), `(?m)^[^a-zA-Z_\n]*([a-zA-Z_][\w.-]*)(?:=|[ \t]+)`, "$1\t")

# METADATA
# description: |
#   The names in assignments that the expression matches somewhere, without their `spellings`. Repeated names are
#   repeated; the result has at most `most` names.
assigned_names(assignments, expression, most) := found if {
	lines := regex.replace(assignments, `\t.*`, "")
	found := _found(expression, lines, most)
}

# METADATA
# description: The values that the assignments give these names, as `[name, value]`.
assigned_values(assignments, names) := {[name, value] |
	names != []
	expression := sprintf(`(?m)^(%s)\t(.*)$`, [replace(concat("|", names), ".", `\.`)])
	some [_, name, value] in regex.find_all_string_submatch_n(expression, assignments, -1)
}

_found(expression, lines, most) := regex.find_n(concat("", [`(?m)^.*(?:`, expression, `).*$`]), lines, most) if {
	not _has_text_anchor(expression)
} else := array.slice([line | some line in split(lines, "\n"); regex.match(expression, line)], 0, most)

_has_text_anchor(expression) if regex.match(`\\[Az]|\(\?[a-zA-Z]*-`, expression)

# METADATA
# description: |
#   The name itself, and the name with its words separated, so that expressions find `hub_Token` in `hubToken`.
spellings(name) := {name, _apart(name)}

_apart(text) := regex.replace(text, `([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`, "${1}${3}_${2}${4}")

_spelled := concat("\n", spellings(_lines))

_lines := concat("\n", names)

# METADATA
# description: All settings as one JSON text, for a quick test that no value contains what a rule looks for.
text := json.marshal(listed)
