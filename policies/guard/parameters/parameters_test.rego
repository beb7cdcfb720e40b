package guard.parameters_test

import data.guard.parameters
import data.guard.testing
import future.keywords.not

_section := {"level": "warn", "seconds": 60, "names": ["a-{region}"], "switch": false}

_rules(overrides) := {
	"plain": {"level": "deny", "seconds": 7},
	"scoped": object.union(_section, {"overrides": overrides}),
}

_of(overrides) := values if {
	values := parameters.of.scoped with input as testing.document with data.guard.config.rules as _rules(overrides)
}

test_parameters_of_the_section_without_overrides if {
	values := parameters.of.plain with input as testing.document with data.guard.config.rules as _rules([])
	values.seconds == 7
	not values.names
}

test_first_override_that_matches_gives_what_it_has if {
	values := _of([
		{"region": "us-*", "seconds": 1},
		{"region": "eu-*", "seconds": 2, "switch": true},
		{"account": "*", "seconds": 3, "names": []},
	])
	values.seconds == 2
	values.switch == true
	values.names == ["a-{region}"]
	values.level == "warn"
}

test_override_can_turn_a_switch_off if {
	_of([{"region": "eu-*", "switch": false, "seconds": 0}]).switch == false
}

test_no_override_matches if {
	values := _of([{"region": "us-*", "seconds": 1}])
	values.seconds == 60
	values.switch == false
}

test_parameter_that_is_read_in_place_is_not_among_them if {
	overrides := [{"region": "eu-*", "seconds": 2, "names": []}]
	values := parameters.of.scoped with input as testing.document
		with data.guard.config.rules as _rules(overrides)
		with data.guard.rules as {"scoped": {"in_place": ["names"]}}
	values == {"level": "warn", "seconds": 2, "switch": false}
}

test_changed_has_numbers_of_overrides if {
	overrides := [{"region": "us-*", "seconds": 1}, {"region": "eu-*", "seconds": 2}]
	changed := parameters.changed with input as testing.document with data.guard.config.rules as _rules(overrides)
	changed == {"scoped": {"seconds": 1}}
}

test_globs_have_the_facts_of_the_job if {
	overrides := [{"region": "eu-*", "names": ["{account}-*"]}]
	values := parameters.globs.scoped with input as testing.document with data.guard.config.rules as _rules(overrides)
	values.names == ["111122223333-*"]
	own := parameters.globs.scoped.names with input as testing.document with data.guard.config.rules as _rules([])
	own == ["a-eu-west-1"]
}

test_globs_without_facts_are_those_of_the_section if {
	globs := parameters.globs with input as testing.document with data.guard.config.rules as _rules([])
	globs.plain.seconds == 7
	globs.scoped.seconds == 60
}

test_nothing_is_configured if {
	not parameters.of.scoped.seconds with input as testing.document with data.guard.config as {}
	not parameters.globs.scoped.seconds with input as testing.document with data.guard.config as {}
}
