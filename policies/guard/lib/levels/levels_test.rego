package guard.lib.levels_test

import data.guard.lib.levels
import data.guard.testing
import future.keywords.not

_first(overrides, document) := levels.first(levels.prepared(overrides), document)

test_prepared_override_has_what_it_gives if {
	levels.prepared([{"region": "eu-*", "level": "deny", "seconds": 1}, {"account": "1", "seconds": 1}]).overrides == [
		{
			"level": "deny",
			"strictness": "any",
			"scope": {"region": "^(eu-.*)$"},
			"keys": {"level": true, "seconds": true},
		},
		{"strictness": "all", "scope": {"account": "^(1)$"}, "keys": {"seconds": true}},
	]
}

test_no_override_matches if {
	overrides := [{"region": "us-*", "level": "off"}, {"account": "9*", "level": "off"}]
	not _first(overrides, testing.document)
	not _first([], testing.document)
}

test_first_override_that_matches_wins if {
	overrides := [
		{"region": "us-*", "level": "deny"},
		{"region": "eu-*", "level": "warn"},
		{"account": "111122223333", "level": "off"},
	]
	_first(overrides, testing.document) == 1
}

test_override_by[fact] if {
	some fact, globs in {
		"account": ["999999999999", "111122223333"],
		"region": "eu-west-1",
		"role_arn": "arn:aws:iam::*:role/Trainer",
		"job_kind": ["training"],
	}
	_first([{fact: globs, "level": "off"}], testing.document) == 0
	not _first([{fact: "9", "level": "off"}], testing.document)
}

test_override_matches_only_with_all_its_facts if {
	overrides := [{"region": "eu-west-1", "job_kind": "processing", "level": "off"}]
	not _first(overrides, testing.document)
}

test_override_of_parameters_only_matches_like_any_other if {
	_first([{"region": "us-*", "seconds": 1}, {"region": "eu-*", "seconds": 2}], testing.document) == 1
}

_two_roles := testing.input_with({"job": {"role_arns": [
	"arn:aws:iam::111122223333:role/Admin",
	"arn:aws:iam::111122223333:role/Trainer",
]}})

test_override_that_does_not_deny_needs_every_role_of_the_job if {
	every override in [{"level": "off"}, {"level": "warn"}, {"seconds": 7}] {
		not _first([object.union(override, {"role_arn": "*/Trainer"})], _two_roles)
		_first([object.union(override, {"role_arn": ["*/Trainer", "*/Admin"]})], _two_roles) == 0
	}
}

# The job's owner can name any role in a query or in the job's configuration.
test_role_that_the_job_only_names_chooses_no_override[note] if {
	document := object.union(_two_roles, {"job": {"execution_role_arns": ["arn:aws:iam::111122223333:role/Trainer"]}})
	some note, [override, number] in {
		"keeps a stricter parameter": [{"role_arn": "*/Trainer", "seconds": 7}, 0],
		"takes no laxer one": [{"role_arn": "*/Admin", "level": "deny", "seconds": 7}, 1],
		"is turned off by none": [{"role_arn": "*/Admin", "level": "off"}, 1],
	}
	_first([override, {"account": "*", "level": "warn"}], document) == number
}

test_denying_override_needs_one_role_of_the_job if {
	_first([{"role_arn": "*/Trainer", "level": "deny"}], _two_roles) == 0
}

test_no_problems if {
	levels.problems("off", [{"region": ["eu-*", "us-*"], "job_kind": "training", "level": "deny"}], {}) == set()
}

test_each_level_is_right[level] if {
	some level in ["off", "warn", "deny"]
	levels.problems(level, [], {}) == set()
}

test_level_problem[note] if {
	some note, example in {
		"unquoted off": [false, `level must be "off", "warn" or "deny" (in quotes), not false`],
		"missing": [null, `level must be "off", "warn" or "deny" (in quotes), not null`],
		"capitals": ["Deny", `level must be "off", "warn" or "deny" (in quotes), not Deny`],
		"list": [["deny"], `level must be "off", "warn" or "deny" (in quotes), not ["deny"]`],
	}
	levels.problems(example[0], [], {}) == {example[1]}
}

test_override_problem[note] if {
	some note, example in {
		"no list": [{"region": "*", "level": "off"}, {"overrides must be a list"}],
		"mapping without entries": [{}, {"overrides must be a list"}],
		"no mapping": [["off"], {"overrides[0]: must be a mapping"}],
		"no fact": [
			[{"level": "off"}],
			{"overrides[0]: must give an account, region, role_arn or job_kind, and a level or a parameter"},
		],
		"unknown key": [
			[{"region": "*", "level": "off"}, {"region": "*", "role": "*", "level": "off"}],
			{"overrides[1]: unknown key role"},
		],
		"unknown key alone": [[{"region": "*", "role": "*", "level": "off"}], {"overrides[0]: unknown key role"}],
		"unknown key with a number": [[{"region": "*", "role": 7, "level": "off"}], {"overrides[0]: unknown key role"}],
		"no glob": [
			[{"region": "[", "job_kind": [], "level": "off"}],
			{
				"overrides[0]: region must be a glob or a list of globs (* and ? only)",
				"overrides[0]: job_kind must be a glob or a list of globs (* and ? only)",
			},
		],
		"no level": [
			[{"region": "*", "account": "*"}],
			{"overrides[0]: must give an account, region, role_arn or job_kind, and a level or a parameter"},
		],
		"parameter of another type": [
			[{"region": "*", "seconds": "60"}],
			{"overrides[0]: seconds must be number, as in the rule's section"},
		],
		"parameter that the section does not give": [[{"region": "*", "second": 60}], {"overrides[0]: unknown key second"}],
		"parameter for no jobs": [
			[{"seconds": 60}],
			{"overrides[0]: must give an account, region, role_arn or job_kind, and a level or a parameter"},
		],
		"wrong level": [
			[{"region": "*", "level": false}],
			{`overrides[0]: level must be "off", "warn" or "deny" (in quotes), not false`},
		],
	}
	levels.problems("deny", example[0], {"seconds": "number"}) == example[1]
}

test_no_problem_with_parameters_of_the_sections_types if {
	overrides := [{"region": "*", "seconds": 60}, {"region": "*", "level": "off", "names": ["a"]}]
	levels.problems("deny", overrides, {"seconds": "number", "names": "array"}) == set()
}

_for_now(roles) := testing.input_without({"job": {"role_arns": roles}}, "job.role_arns")

_trainer := "arn:aws:iam::111122223333:role/Trainer"

_beside_a_model := object.union(_for_now([_trainer]), {"unavailable": [{
	"operation": "DescribeModel",
	"resource": "m",
	"message": "ThrottlingException",
	"fields": ["job.role_arns"],
	"facts": ["job.role_arns"],
}]})

test_undecided_while_roles_that_an_override_is_for_cannot_be_read[note] if {
	some note, [overrides, roles] in {
		"off for the role": [[{"role_arn": "*/Trainer", "level": "off"}], []],
		"off for the role, which is one of them": [[{"role_arn": "*/Trainer", "level": "off"}], [_trainer]],
		"deny for the role": [[{"role_arn": "*/Trainer", "level": "deny"}], []],
		"deny for another role": [[{"role_arn": "*/Admin", "level": "deny"}], [_trainer]],
		"a parameter for the role": [[{"role_arn": "*/Trainer", "seconds": 7}], []],
		"before one for all": [[{"role_arn": "*/Trainer", "level": "warn"}, {"account": "*", "level": "off"}], []],
		"behind one for others": [[{"region": "us-*", "level": "off"}, {"role_arn": "*", "level": "off"}], []],
		"behind one for a role": [[{"role_arn": "*/A", "level": "off"}, {"role_arn": "*/B", "level": "warn"}], []],
	}
	levels.undecided(levels.prepared(overrides), _for_now(roles))
}

test_decided_whatever_the_roles_are[note] if {
	some note, [overrides, document] in {
		"no overrides": [[], _for_now([])],
		"no role": [[{"region": "eu-*", "level": "off"}], _for_now([])],
		"other facts differ": [[{"role_arn": "*", "region": "us-*", "level": "off"}], _for_now([])],
		"behind one for all": [[{"account": "*", "level": "off"}, {"role_arn": "*", "level": "warn"}], _for_now([])],
		"off for another role than one of them": [[{"role_arn": "*/Admin", "level": "off"}], _for_now([_trainer])],
		"deny for one of them": [[{"role_arn": "*/Trainer", "level": "deny"}], _for_now([_trainer])],
		"roles that are known": [[{"role_arn": "*/Trainer", "level": "off"}], testing.document],
		"a role of its own beside those of a model": [[{"role_arn": "*/Admin", "level": "off"}], _beside_a_model],
	}
	not levels.undecided(levels.prepared(overrides), document)
}

# A list may be long, with few overrides for one job.
test_only_candidates_of_the_index_are_looked_at if {
	prepared := levels.prepared([{"role_arn": "*/Trainer", "level": "off"}])
	levels.first(prepared, testing.document) == 0
	unlisted := {"overrides": prepared.overrides, "index": levels.prepared([]).index}
	not levels.first(unlisted, testing.document)
	levels.undecided(prepared, _for_now([]))
	not levels.undecided(unlisted, _for_now([]))
}
