package guard.lib.contract_test

import data.guard.lib.contract
import data.guard.testing

test_satisfied_by_a_complete_document if contract.satisfied(testing.document)

test_satisfied_without_images if contract.satisfied(testing.input_with_images([]))

test_satisfied_with_and_without_a_later_key[note] if {
	some note, patch in {
		"missing": {},
		"null": {"unavailable": null},
		"known": {"unavailable": [{"operation": "ListTags", "resource": null, "message": "busy", "fields": ["job.tags"]}]},
	}
	contract.satisfied(testing.input_with(patch))
}

test_satisfied_with_a_key_of_a_later_release[note] if {
	some note, document in {
		"document": testing.input_with({"later": null}),
		"source": testing.input_with({"source": {"later": null}}),
		"job": testing.input_with({"job": {"later": "x"}}),
		"image": testing.input_with_images([testing.image({"later": {}})]),
		"deny list": testing.input_with({"deny_list": {"later": []}}),
	}
	contract.satisfied(document)
}

test_satisfied_by_a_job_from_before_its_parts if {
	contract.satisfied(object.union(
		object.remove(testing.document, {"job"}),
		{"job": object.remove(testing.document.job, {"parts"})},
	))
}

_broken := {
	"empty": {},
	"no object": "document",
	"other version": testing.input_with({"schema_version": 2}),
	"version as text": testing.input_with({"schema_version": "1"}),
	"key missing": object.remove(testing.document, {"network"}),
	"source of another kind": testing.input_with({"source": "event-1"}),
	"source without a key": object.union(
		object.remove(testing.document, {"source"}),
		{"source": {"type": "sweep", "time": "2025-06-15T12:00:00Z"}},
	),
	"time without offset": testing.input_with({"source": {"time": "2025-06-15T12:00:00"}}),
	"source without an id": object.union(
		object.remove(testing.document, {"source"}),
		{"source": {"type": "sweep", "time": "2025-06-15T12:00:00Z", "later": 1}},
	),
	"job of another kind": testing.input_with({"job": "churn-42"}),
	"job without a key": object.union(
		object.remove(testing.document, {"job"}),
		{"job": object.remove(testing.document.job, {"kind"})},
	),
	"roles no list": testing.input_with({"job": {"role_arns": null}}),
	"images null": testing.input_with_images(null),
	"images a mapping": testing.input_with_images({"0": testing.document.images[0]}),
	"image a text": testing.input_with_images(["pytorch-training"]),
	"image without a key": testing.input_with_images([object.remove(testing.document.images[0], {"error"})]),
	"second image without a key": testing.input_with_images([
		testing.document.images[0],
		object.remove(testing.document.images[0], {"digest"}),
	]),
	"deny list null": testing.input_with({"deny_list": null}),
	"deny list without patterns": object.union(
		object.remove(testing.document, {"deny_list"}),
		{"deny_list": {"images": {}}},
	),
	"denied images a list": testing.input_with({"deny_list": {"images": []}}),
	"denied patterns a mapping": testing.input_with({"deny_list": {"patterns": {}}}),
}

test_not_satisfied[note] if {
	some note, document in _broken
	not contract.satisfied(document)
}
