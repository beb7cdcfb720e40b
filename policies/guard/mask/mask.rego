# METADATA
# title: Masking of records
# description: |
#   Selects what is hidden in the full record of a decision before the record is stored. The input has the document as
#   `input`, and the decision with its findings as `result`. A mask is either a JSON pointer, which erases a field, or
#   an object with `op` and `path`, as in OPA's own decision logs: `upsert` replaces the field by `value`, so that the
#   document stays valid. The record lists every path that was hidden. A decision can't be replayed on the record with a
#   rule that reads a hidden value.
# schemas:
#   - input: schema.masked
package guard.mask

# METADATA
# title: What is hidden
# description: |
#   The values of environment variables and hyperparameters, the words of commands, and the statements of queries, which
#   may contain personal data. Names are not hidden.
# entrypoint: true
# scope: document
hidden contains _replaced(["input", group, i, "value"]) if {
	some group in ["environment", "hyperparameters"]
	some i, _ in input.input[group]
}

hidden contains _replaced(["input", "command", part, i]) if {
	some part, words in input.input.command
	some i, _ in words
}

hidden contains _replaced(["input", "storage", "inputs", i, "query", "statement"]) if {
	some i, place in input.input.storage.inputs
	is_string(place.query.statement)
}

_replaced(path) := {
	"op": "upsert",
	"path": concat("", [text | some step in path; text := sprintf("/%v", [step])]),
	"value": "**MASKED**",
}
