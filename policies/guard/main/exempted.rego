# Applies exemptions to the findings of one job. The exemptions whose scope includes the job are determined once, the
# images that they cover once per exemption, and what they exempt once per rule and subject.
package guard.main

import data.guard.lib.exemptions
import data.guard.plan

_nothing_exempts if plan.exemptions.valid == []

_nothing_exempts if _for_job == []

_for_job := exemptions.for_job(plan.exemptions, input)

_images := exemptions.known_images(input)

_nameable := exemptions.nameable(_for_job, _images)

# One object for all exemptions: a partial rule keyed by number would iterate over all exemptions at every lookup.
# regal ignore:prefer-set-or-object-rule
_covered := {exemption.number: exemptions.covered(exemption, _images, _nameable) |
	some exemption in _for_job
	exemption.images != null
}

_subjects(rule_id) := {_subject(finding) | some finding in _found[rule_id]}

_subject(finding) := exemptions.subject(object.get(finding, "details", {}))

# For each subject, the first exemption that covers it. Exemptions without images cover every subject, so only the first
# of them matters; exemptions with images are looked up only for the subjects that they cover.
_exempting[rule_id] := object.union(by_any, by_image) if {
	some rule_id, _ in plan.rules
	candidates := [exemption | some exemption in _for_job; not exemption.expired; exemptions.is_about(exemption, rule_id)]
	without_images := [exemption.id | some exemption in candidates; exemption.images == null]
	by_any := {subject: without_images[0] | some subject in _subjects(rule_id)}
	covered := union({_covered[exemption.number] | some exemption in candidates}) & _subjects(rule_id)
	by_image := {subject: covering[0] |
		some subject in covered
		covering := [exemption.id | some exemption in candidates; _covers(exemption, subject)]
	}
}

_covers(exemption, _) if exemption.images == null

_covers(exemption, subject) if subject in _covered[exemption.number]

_notices := _sorted([object.union(notice, {
	"rule_id": "exemptions",
	"level": "warn",
	"level_source": "guard",
	"remediation": "Correct, renew or remove the exemption in the guard's configuration.",
	"exempted_by": null,
}) |
	some notice in array.concat(plan.exemptions.malformed, _expired)
])

_expired := [exemptions.notice(exemption, rule_ids) |
	some exemption in _for_job
	exemption.expired
	rule_ids := sort([rule_id |
		some rule_id, _ in _found
		exemptions.is_about(exemption, rule_id)
		_covers_any(exemption, rule_id)
	])
	count(rule_ids) > 0
]

_covers_any(exemption, rule_id) if {
	exemption.images == null
	_found[rule_id] != set()
}

_covers_any(exemption, rule_id) if _covered[exemption.number] & _subjects(rule_id) != set()
