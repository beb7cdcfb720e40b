package guard.lib.availability_test

import data.guard.lib.availability
import data.guard.testing
import future.keywords.not

_with(calls) := testing.input_with({"unavailable": calls})

_call(fields) := {"operation": "DescribeModel", "resource": "m", "message": "ThrottlingException", "fields": fields}

test_known_when_no_call_failed if {
	every document in [_with(null), _with([]), object.remove(_with(null), {"unavailable"})] {
		availability.known("network", document)
	}
}

test_known_when_a_call_failed_for_something_else if {
	availability.known("network", _with([_call(["images"])]))
	availability.known("network", _with([_call([])]))
}

test_not_known_when_a_call_behind_it_failed if {
	not availability.known("network", _with([_call(["images", "network"])]))
	not availability.known("network", _with([_call(["images"]), _call(["network"])]))
}

_told(facts) := object.union(_call(["network"]), {"facts": facts})

test_known_unless_a_failed_call_returns_the_field[[facts, field]] if {
	some [facts, field, known] in [
		[["network.vpc"], "network.vpc", false],
		[["network.vpc"], "network", false],
		[["network.vpc"], "network.isolated", true],
		[["network.vpc"], "network.vpc_endpoints", true],
		[["network"], "network.vpc", false],
		[["images", "network"], "network.vpc", false],
		[["images"], "network.vpc", true],
		[["job.role_arns"], "job.execution_role_arns", true],
		[["job.role_arns"], "job.role_arns", false],
		[["job.role_arns"], "job.tags", true],
		[[], "network", true],
	]
	_is_known(field, facts) == known
}

default _is_known(_, _) := false

_is_known(field, facts) if availability.known(field, _with([_told(facts)]))

test_nothing_of_a_field_is_known_in_a_document_without_facts[[fields, field]] if {
	some [fields, field] in [
		["network", "network.vpc"],
		["storage", "storage.inputs"],
		["job.role_arns", "job.execution_role_arns"],
	]
	every call in [_call([fields]), object.union(_call([fields]), {"facts": null})] {
		not availability.known(field, _with([call]))
	}
}

test_execution_roles_are_known_in_a_document_without_facts_that_lacks_other_fields if {
	availability.known("job.execution_role_arns", _with([_call(["job.tags"])]))
}

test_not_known_are_settings_when_some_are_left_out if {
	every field in ["environment", "hyperparameters"] {
		not availability.known(field, testing.input_with({"settings_omitted": 1}))
	}
}

test_known_when_no_setting_is_left_out if {
	every document in [
		testing.input_with({"settings_omitted": 0}),
		testing.input_with({"settings_omitted": null}),
		object.remove(testing.document, {"settings_omitted"}),
	] {
		availability.known("environment", document)
	}
}

test_known_is_all_else_when_settings_are_left_out if {
	availability.known("network", testing.input_with({"settings_omitted": 1}))
}
