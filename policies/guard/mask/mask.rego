# METADATA
# title: Masking of records
# description: |
#   What is hidden of a decision before its whole record is kept. The input is `input`, the document, and `result`, the
#   decision with its findings. A mask is a JSON pointer, which erases a field, or an object with `op` and `path`, as in
#   OPA's own decision logs: `upsert` puts `value` in place of what is there, so that the document stays one. The record
#   names every path that was hidden. A rule that reads a hidden value can't decide on the record again.
# schemas:
#   - input: schema.masked
package guard.mask

# METADATA
# title: What is hidden
# description: |
#   Values of environment variables and hyperparameters, the words of commands, and the statements of queries, which may
#   have people's data in them. Names stay.
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
