# METADATA
# title: Globs
# description: |
#   Lists of globs from the configuration. `*` matches any characters, `/`, `.` and `:` too; `?`, `[a-z]` and
#   `{a,b}` work as usual; letters compare as they are written. A glob matches the whole value, and a value that
#   isn't a string, null above all, matches none.
package guard.lib.globs

# METADATA
# scope: document
# description: True if the glob, or at least one glob of the list, matches.
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
#   One glob that matches whatever a glob of the list matches. It may match more, so that it serves to leave out most
#   values cheaply before `first`.
any_of(patterns) := "*" if {
	contains(concat("", patterns), ",")
} else := sprintf("{%s}", [concat(",", patterns)])

# METADATA
# description: |
#   The value, a glob or a list or mapping with globs at any depth, with `facts` of a document in the places of
#   `{account}`, `{region}` and `{partition}`.
filled(value, facts) := json.unmarshal(strings.replace_n(facts, json.marshal(value)))

# METADATA
# description: |
#   What `filled` puts in which place, as it is written inside a JSON text. A fact stands for itself in a glob, whatever
#   characters it has.
facts(document) := {place: inside |
	some place, fact in {
		"{account}": document.account,
		"{region}": document.region,
		"{partition}": document.partition,
	}
	inside := trim_suffix(trim_prefix(json.marshal(glob.quote_meta(fact)), `"`), `"`)
}
