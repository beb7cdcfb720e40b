# METADATA
# title: Availability
# description: |
#   Facts of the job that the document lacks: the results of SageMaker API calls that failed temporarily, listed in
#   `unavailable`, and settings for which the document has no room. A gap may only withhold findings: before a rule
#   reports that a fact is absent (null, false, empty or missing), it must check that the fact is known.
package guard.lib.availability

import future.keywords.not

# METADATA
# description: |
#   True if every call for the field succeeded or was refused permanently, and nothing of the field is left out. Always
#   true for documents that are older than `unavailable`. A field such as `network` is known only if all its parts, such
#   as `network.vpc`, are. A rule should check only what it reads: no other gap is a reason to withhold its finding.
known(field, document) if not _lacks(field, document)

_lacks(field, document) if {
	some call in document.unavailable
	some lacked in _facts(call)
	_is_within(lacked, field)
}

_lacks(field, document) if {
	some call in document.unavailable
	some lacked in _facts(call)
	_is_within(field, lacked)
}

_lacks(field, document) if {
	field in {"environment", "hyperparameters"}
	document.settings_omitted > 0
}

# Older documents have no `facts`, only `fields`, and use `job.role_arns` for all roles.
_facts(call) := call.facts if {
	is_array(call.facts)
} else := array.concat(call.fields, ["job.execution_role_arns" | "job.role_arns" in call.fields])

_is_within(field, whole) if startswith(concat("", [field, "."]), concat("", [whole, "."]))
