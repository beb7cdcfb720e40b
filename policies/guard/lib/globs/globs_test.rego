package guard.lib.globs_test

import data.guard.lib.globs

test_matches_the_whole_value if {
	globs.matches(["ml.p4*"], "ml.p4d.24xlarge")
	not globs.matches(["ml.p4"], "ml.p4d.24xlarge")
	not globs.matches(["p4*"], "ml.p4d.24xlarge")
}

test_star_crosses_every_separator if globs.matches(["arn:*:role/*"], "arn:aws:iam::123456789012:role/team/a.b")

test_letters_compare_as_written if not globs.matches(["team-*"], "Team-a")

test_one_of_several_is_enough if {
	globs.matches(["a", "b"], "b")
	not globs.matches(["a", "b"], "c")
}

test_one_glob_instead_of_a_list if {
	globs.matches("a*", "ab")
	not globs.matches("a*", "ba")
	not globs.matches("a*", null)
}

test_number_is_no_glob if not globs.matches(1, "1")

test_nothing_matches_an_empty_list if not globs.matches([], "a")

test_null_matches_no_glob if not globs.matches(["*"], null)

test_number_matches_no_glob if not globs.matches(["*"], 1)

test_first_is_the_first_of_several if globs.first(["x", "a*", "ab"], "ab") == 1

test_first_of_no_match_is_undefined if not globs.first(["x", "y"], "ab")

test_first_of_null_is_undefined if not globs.first(["*"], null)

test_any_of_matches_what_one_of_them_matches if {
	any_of := globs.any_of(["a*", "[bc]?d", "e"])
	every value in ["a", "abc", "bxd", "e"] {
		globs.matches(any_of, value)
	}
	every value in ["xa", "bd", "ee"] {
		not globs.matches(any_of, value)
	}
}

test_any_of_of_globs_with_commas_matches_anything if {
	globs.any_of(["a", "{b,c}"]) == "*"
}

test_any_of_of_nothing_matches_no_name if not globs.matches(globs.any_of([]), "a")

_document := {"account": "111122223333", "region": "eu-west-1", "partition": "aws"}

test_filled_with_facts_of_the_job[note] if {
	some note, [value, filled] in {
		"list": [["sagemaker-{region}-{account}", "a"], ["sagemaker-eu-west-1-111122223333", "a"]],
		"one glob": ["arn:{partition}:*", "arn:aws:*"],
		"mapping": [{"a": [["{region}*"]]}, {"a": [["eu-west-1*"]]}],
		"alternatives": [["{account,b}", "{a,b}", "{}"], ["{account,b}", "{a,b}", "{}"]],
		"other names": [["{name}"], ["{name}"]],
		"number": [7, 7],
	}
	globs.filled(value, globs.facts(_document)) == filled
}

test_facts_stand_for_themselves[account] if {
	some account in ["1*", `1"2`, `1\2`, "[1]"]
	facts := globs.facts(object.union(_document, {"account": account}))
	patterns := globs.filled(["a-{account}"], facts)
	globs.matches(patterns, concat("-", ["a", account]))
	not globs.matches(patterns, "a-111")
}
