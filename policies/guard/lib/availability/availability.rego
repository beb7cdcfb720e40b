# METADATA
# title: Availability
# description: |
#   What the document lacks of the job: the answers of SageMaker API calls that failed for now, as `unavailable` lists
#   them, and settings that it has no room for. Such a gap may only withhold findings: a rule that reports that a fact
#   is absent (null, false, empty or missing) first asks whether it is known.
package guard.lib.availability

import future.keywords.not

# METADATA
# description: |
#   True if every call behind the field succeeded, or was refused for good, and nothing of it is left out; so it is in
#   documents from before there was `unavailable`. A field such as `network` is known with all that is in it, as
#   `network.vpc`; a rule asks for what it reads, as the rest is no reason to withhold a finding.
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

# A document from before names fields alone, and one for all roles.
_facts(call) := call.facts if {
	is_array(call.facts)
} else := array.concat(call.fields, ["job.execution_role_arns" | "job.role_arns" in call.fields])

_is_within(field, whole) if startswith(concat("", [field, "."]), concat("", [whole, "."]))
