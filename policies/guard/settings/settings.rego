# METADATA
# title: Settings
# description: |
#   The hyperparameters and environment variables of a job as one list, with their names and values in lists of the same
#   order. Rules that look at every setting share them: OPA walks a list of texts in fewer steps than a list of objects,
#   and only a text that is suspicious needs its setting.
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
#   The settings' names. Where they are more text than honest jobs have, a long one is only its first and last 128
#   characters, a line each: rules search names with many regular expressions.
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
#   Places of the settings in whose name, in one of its `spellings`, the expression finds something. Most expressions
#   find nothing in any, which all names at once tell, a line each; but for those that tell where a text begins or ends
#   from where a line does.
named(expression) := set() if {
	not _has_text_anchor(expression)
	not regex.match(concat("", ["(?m)", expression]), _spelled)
} else := {i | some i, name in names; some spelling in spellings(name); regex.match(expression, spelling)}

# METADATA
# description: |
#   Whether the expression finds something in one of these names, a line each, or in its `spellings`. As in `named`, but
#   without a look at each: thousands may stand in the value of a setting.
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
#   What texts such as `NAME=value` and `--name value` set, a line for each, with a tab behind the name: for
#   `assigned_names` and `assigned_values`, which look at none of them, however many there are.
assignments(texts) := regex.replace(concat("\n", texts), `(?m)^[^a-zA-Z_\n]*([a-zA-Z_][\w.-]*)(?:=|[ \t]+)`, "$1\t")

# METADATA
# description: |
#   Names of assignments in which the expression finds something, not in their `spellings`, as often as they are there,
#   and so many at most.
assigned_names(assignments, expression, most) := found if {
	lines := regex.replace(assignments, `\t.*`, "")
	found := _found(expression, lines, most)
}

# METADATA
# description: What assignments set these names to, as `[name, value]`.
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
# description: A name as it is, and with its words apart, so that expressions find `hub_Token` in `hubToken`.
spellings(name) := {name, _apart(name)}

_apart(text) := regex.replace(text, `([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`, "${1}${3}_${2}${4}")

_spelled := concat("\n", [_lines, _apart(_lines)])

_lines := concat("\n", names)

# METADATA
# description: All settings as JSON, to tell at once what none of their values holds.
text := json.marshal(listed)
