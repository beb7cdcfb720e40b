package guard.lib.levels_test

import data.guard.lib.levels
import data.guard.testing

test_level_without_overrides if {
	levels.resolve("warn", [], testing.document) == {"level": "warn", "source": "level"}
}

test_level_when_no_override_matches if {
	overrides := [{"region": "us-*", "level": "off"}, {"account": "9*", "level": "off"}]
	levels.resolve("deny", overrides, testing.document) == {"level": "deny", "source": "level"}
}

test_first_override_that_matches_wins if {
	overrides := [
		{"region": "us-*", "level": "deny"},
		{"region": "eu-*", "level": "warn"},
		{"account": "111122223333", "level": "off"},
	]
	levels.resolve("deny", overrides, testing.document) == {"level": "warn", "source": "overrides[1]"}
}

test_override_by[fact] if {
	some fact, globs in {
		"account": ["999999999999", "111122223333"],
		"region": "eu-west-1",
		"role_arn": "arn:aws:iam::*:role/Trainer",
		"job_kind": ["training"],
	}
	levels.resolve("deny", [{fact: globs, "level": "off"}], testing.document) == {
		"level": "off",
		"source": "overrides[0]",
	}
}

test_override_matches_only_with_all_its_facts if {
	overrides := [{"region": "eu-west-1", "job_kind": "processing", "level": "off"}]
	levels.resolve("deny", overrides, testing.document) == {"level": "deny", "source": "level"}
}

_two_roles := testing.input_with({"job": {"role_arns": [
	"arn:aws:iam::111122223333:role/Admin",
	"arn:aws:iam::111122223333:role/Trainer",
]}})

test_relaxing_override_needs_every_role_of_the_job if {
	levels.resolve("deny", [{"role_arn": "*/Trainer", "level": "off"}], _two_roles).level == "deny"
	levels.resolve("deny", [{"role_arn": "*/Trainer", "level": "warn"}], _two_roles).level == "deny"
}

test_denying_override_needs_one_role_of_the_job if {
	levels.resolve("off", [{"role_arn": "*/Trainer", "level": "deny"}], _two_roles).level == "deny"
}

test_no_problems if {
	levels.problems("off", [{"region": ["eu-*", "us-*"], "job_kind": "training", "level": "deny"}]) == set()
}

test_each_level_is_right[level] if {
	some level in ["off", "warn", "deny"]
	levels.problems(level, []) == set()
}

test_level_problem[note] if {
	some note, example in {
		"unquoted off": [false, `level must be "off", "warn" or "deny" (in quotes), not false`],
		"missing": [null, `level must be "off", "warn" or "deny" (in quotes), not null`],
		"capitals": ["Deny", `level must be "off", "warn" or "deny" (in quotes), not Deny`],
		"list": [["deny"], `level must be "off", "warn" or "deny" (in quotes), not ["deny"]`],
	}
	levels.problems(example[0], []) == {example[1]}
}

test_override_problem[note] if {
	some note, example in {
		"no list": [{"region": "*", "level": "off"}, {"overrides must be a list"}],
		"mapping without entries": [{}, {"overrides must be a list"}],
		"no mapping": [["off"], {"overrides[0]: must be a mapping"}],
		"no fact": [
			[{"level": "off"}],
			{"overrides[0]: must give a level, and an account, region, role_arn or job_kind"},
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
			{"overrides[0]: must give a level, and an account, region, role_arn or job_kind"},
		],
		"wrong level": [
			[{"region": "*", "level": false}],
			{`overrides[0]: level must be "off", "warn" or "deny" (in quotes), not false`},
		],
	}
	levels.problems("deny", example[0]) == example[1]
}
