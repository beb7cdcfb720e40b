package guard.rules.unresolved_image_test

import data.guard.rules.unresolved_image as rule
import data.guard.testing

_slot := "AlgorithmSpecification.TrainingImage"

_findings(document, config) := findings if {
	findings := rule.findings with input as document with data.guard.config.rules.unresolved_image as config
}

_finding(code, why) := {
	"message": sprintf("%s of churn-42 isn't known (%s): %s.", [_slot, code, why]),
	"details": {
		"config": "rules.unresolved_image.tolerated",
		"slot": _slot,
		"image": null,
		"origin": {"type": "job", "name": "churn-42"},
		"error": code,
	},
}

_codes := {"missing", "unparseable", "access-denied", "not-found", "managed", "failed"}

test_allow_known_image if _findings(testing.document, {"tolerated": []}) == set()

test_deny_every_error_that_is_not_tolerated[code] if {
	some code in _codes
	tolerated := [other | some other in _codes; other != code]
	_findings(testing.input_with_images([testing.unknown_image(code)]), {"tolerated": tolerated}) == {_finding(
		code,
		"no image",
	)}
}

test_allow_every_error_that_is_tolerated[code] if {
	some code in _codes
	_findings(testing.input_with_images([testing.unknown_image(code)]), {"tolerated": [code]}) == set()
}

test_allow_while_the_fact_is_unavailable if {
	_findings(testing.input_with_images([testing.unknown_image("unavailable")]), {"tolerated": []}) == set()
}

test_deny_what_could_not_be_parsed_with_its_text if {
	image := testing.image({
		"raw": "a b",
		"repository": null,
		"error": {"code": "unparseable", "message": "white space."},
	})
	_findings(testing.input_with_images([image]), {"tolerated": ["missing"]}) == {object.union(
		_finding("unparseable", "white space"),
		{"details": {"image": "a b"}},
	)}
}

test_deny_image_without_repository_and_error if {
	image := testing.image({"raw": null, "repository": null})
	_findings(testing.input_with_images([image]), {"tolerated": ["missing"]}) == {_finding(
		"unparseable",
		"it has no repository",
	)}
}

test_deny_error_of_another_shape[note] if {
	some note, error in {"text": "missing", "empty": {}, "numbers": {"code": 1, "message": 2}}
	image := testing.image({"raw": null, "error": error})
	_findings(testing.input_with_images([image]), {"tolerated": ["missing"]}) == {_finding(
		"unparseable",
		"it has no repository",
	)}
}

test_deny_each_unknown_image_beside_a_known_one if {
	images := [
		testing.document.images[0],
		testing.unknown_image("missing"),
		object.union(testing.unknown_image("missing"), {"slot": "Second"}),
	]
	findings := _findings(testing.input_with_images(images), {"tolerated": []})
	{finding.details.slot | some finding in findings} == {_slot, "Second"}
}

_no_image := {
	"message": "The training job names no image.",
	"details": {"config": "rules.unresolved_image", "job_kind": "training"},
}

test_deny_job_without_images if {
	_findings(testing.input_with_images([]), {"tolerated": ["managed"]}) == {_no_image}
}

test_deny_job_that_has_no_image_part_and_shows_none if {
	document := testing.input_with({"images": [], "job": {"parts": ["vpc"]}})
	_findings(document, {"tolerated": ["managed"]}) == {_no_image}
}

test_allow_labeling_without_images_whatever_the_configuration_says if {
	every config in [{}, {"tolerated": []}, {"tolerated": ["managed"]}] {
		_findings(testing.input_with({"images": [], "job": {"kind": "labeling"}}), config) == set()
	}
}

test_deny_unknown_image_of_labeling if {
	document := testing.input_with({"images": [testing.unknown_image("failed")], "job": {"kind": "labeling"}})
	_findings(document, {"tolerated": ["managed"]}) == {_finding("failed", "no image")}
}

test_deny_everything_unknown_without_configuration if {
	_findings(testing.input_with_images([testing.unknown_image("managed")]), {}) == {_finding("managed", "no image")}
	_findings(testing.input_with_images([]), {}) == {_no_image}
}

test_deny_everything_unknown_with_parameters_of_another_type if {
	config := {"tolerated": "managed"}
	_findings(testing.input_with_images([testing.unknown_image("managed")]), config) == {_finding("managed", "no image")}
	_findings(testing.input_with_images([]), config) == {_no_image}
}

test_remediation_says_what_to_do if contains(rule.remediation, "container image")

_gap_config := {"tolerated": []}

_gaps := [
	{"images": []},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.unresolved_image as _gap_config
}

test_allow_no_image_while_images_are_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "images") == set()
	}
}

test_deny_when_an_unrelated_call_failed if {
	every gap in _gaps {
		count(_gap_findings(gap, "hyperparameters")) > 0
	}
}
