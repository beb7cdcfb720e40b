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
#   documents from before there was `unavailable`.
known(field, document) if not _lacks(field, document)

_lacks(field, document) if {
	some call in document.unavailable
	field in call.fields
}

_lacks(field, document) if {
	field in {"environment", "hyperparameters"}
	document.settings_omitted > 0
}
