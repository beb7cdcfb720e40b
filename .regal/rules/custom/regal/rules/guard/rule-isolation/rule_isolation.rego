# METADATA
# description: A rule reads its own configuration and the libraries, a library only libraries and its arguments
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.guard["rule-isolation"]

import data.regal.result

report contains result.fail(rego.metadata.chain(), result.location(value)) if {
	some owner in _owners
	walk([object.get(input, "imports", []), object.get(input, "rules", [])], [_, value])
	_is_document(value)
	not _is_allowed(owner, value)
}

# The packages that the rule is about, as ["rules", id] or ["lib", topic]; tests of them may read anything.
_owners contains [segments[1], segments[2]] if {
	segments := [part.value | some part in array.slice(input["package"].path, 1, count(input["package"].path))]
	segments[0] == "guard"
	segments[1] in {"rules", "lib"}
	not endswith(segments[2], "_test")
}

_is_document(value) if {
	value.type == "ref"
	value.value[0].type == "var"
	value.value[0].value in {"data", "input"}
}

_is_allowed(_, ref) if _starts_with(ref, ["data", "guard", "lib"])

_is_allowed(["rules", _], ref) if ref.value[0].value == "input"

_is_allowed(["rules", rule_id], ref) if _starts_with(ref, ["data", "guard", "config", "rules", rule_id])

# A variable stands for every name, so only what is written out counts.
_starts_with(ref, names) if {
	count(ref.value) >= count(names)
	every i, name in names {
		ref.value[i].value == name
		ref.value[i].type in {"var", "string"}
		_is_written_out(i, ref.value[i])
	}
}

_is_written_out(0, _)

_is_written_out(i, part) if {
	i > 0
	part.type == "string"
}
