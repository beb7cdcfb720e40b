# METADATA
# title: Globs
# description: |
#   Lists of globs from the configuration. `*` matches any characters, including `/`, `.` and `:`; `?`, `[a-z]` and
#   `{a,b}` work as usual; matching is case-sensitive. A glob matches the whole value, and a value that isn't a string,
#   such as null, matches no glob.
package guard.lib.globs

# METADATA
# scope: document
# description: True if the glob, or at least one glob of the list, matches the value.
matches(patterns, value) if {
	is_string(value)
	some pattern in patterns
	glob.match(pattern, null, value)
}

matches(patterns, value) if {
	is_string(patterns)
	is_string(value)
	glob.match(patterns, null, value)
}

# METADATA
# description: Index of the first glob that matches; undefined if none does.
first(patterns, value) := min([i |
	is_string(value)
	some i, pattern in patterns
	glob.match(pattern, null, value)
])

# METADATA
# description: |
#   One glob that matches everything that a glob of the list matches, and may match more: a cheap way to exclude most
#   values before `first`.
any_of(patterns) := "*" if {
	contains(concat("", patterns), ",")
} else := sprintf("{%s}", [concat(",", patterns)])

# METADATA
# description: |
#   The value, a glob or a list or mapping with globs at any depth, with `{account}`, `{region}` and `{partition}`
#   replaced by the document's `facts`.
filled(value, facts) := json.unmarshal(strings.replace_n(facts, json.marshal(value)))

# METADATA
# description: |
#   The replacements for `filled`: placeholder to fact, escaped for a JSON text. A fact is quoted for use in a glob, so
#   that all its characters match literally.
facts(document) := {place: inside |
	some place, fact in {
		"{account}": document.account,
		"{region}": document.region,
		"{partition}": document.partition,
	}
	inside := trim_suffix(trim_prefix(json.marshal(glob.quote_meta(fact)), `"`), `"`)
}
