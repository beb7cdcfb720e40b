# METADATA
# title: Availability
# description: |
#   The SageMaker API calls that failed for now, as the document's `unavailable` lists it. Such a gap may only withhold
#   findings: a rule that reports that a fact is absent (null, false, empty or missing) first asks whether it is known.
package guard.lib.availability

import future.keywords.not

# METADATA
# description: |
#   True if every call behind the field succeeded, or was refused for good; so it is in documents from before there was
#   `unavailable`.
known(field, document) if not _lacks(field, document)

_lacks(field, document) if {
	some call in document.unavailable
	field in call.fields
}
