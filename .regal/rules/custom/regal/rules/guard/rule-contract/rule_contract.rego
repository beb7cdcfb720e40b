# METADATA
# description: A rule's package needs METADATA with all that findings and the catalogue show, and its two exports
# schemas:
#   - input: schema.regal.ast
package custom.regal.rules.guard["rule-contract"]

import data.regal.ast
import data.regal.result

report contains violation if {
	_is_rule
	some missing in _missing
	violation := object.union(
		result.fail(rego.metadata.chain(), result.location(input["package"])),
		{"description": sprintf("A rule needs %s", [missing])},
	)
}

# The package of a rule, not that of its tests.
_is_rule if {
	path := input["package"].path
	count(path) == 4
	path[1].value == "guard"
	path[2].value == "rules"
	not endswith(path[3].value, "_test")
}

_missing contains sprintf("%s in the METADATA of its package", [field]) if {
	some field in ["title", "description"]
	not _is_text(object.get(_annotations, field, null))
}

_missing contains "custom.remediation in the METADATA of its package" if {
	not _is_text(object.get(_annotations, ["custom", "remediation"], null))
}

_missing contains "custom.severity low, medium, high or critical in the METADATA of its package" if {
	not object.get(_annotations, ["custom", "severity"], null) in {"low", "medium", "high", "critical"}
}

_missing contains "schemas `- input: schema.input` in the METADATA of its package" if {
	not {"path": ["input"], "schema": ["schema", "input"]} in object.get(_annotations, "schemas", [])
}

_missing contains "the partial set `findings`" if {
	not _exports("findings", "key")
}

_missing contains "the value `remediation`" if {
	not _exports("remediation", "value")
}

_annotations := object.union_n([annotations |
	some annotations in object.get(input["package"], "annotations", [])
	annotations.scope == "package"
])

_exports(name, part) if {
	some rule in input.rules
	ast.ref_to_string(rule.head.ref) == name
	rule.head[part]
	not rule.head.args
}

_is_text(value) if {
	is_string(value)
	trim_space(value) != ""
}
