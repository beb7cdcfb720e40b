package guard.lib.exemption_policy_test

import data.guard.lib.exemption_policy

_exemption := {
	"id": "EX-1",
	"owner": "ml-platform",
	"reason": "migration",
	"rules": ["max_runtime"],
	"scope": {"account": "111122223333"},
	"starts": "2026-01-01",
	"expires": "2026-01-30",
}

_with(patch) := object.union(_exemption, patch)

_scoped(scope) := object.union(object.remove(_exemption, {"scope"}), {"scope": scope})

test_nothing_is_refused_by_an_empty_policy if exemption_policy.problems(_exemption, {}) == set()

test_ticket[note] if {
	some note, example in {
		"given": [true, {"ticket": "OPS-7"}, set()],
		"missing": [true, {}, {"it has no ticket, which exemption_policy requires"}],
		"empty": [true, {"ticket": " "}, {"it has no ticket, which exemption_policy requires"}],
		"no text": [true, {"ticket": 7}, {"it has no ticket, which exemption_policy requires"}],
		"not demanded": [false, {}, set()],
	}
	exemption_policy.problems(_with(example[1]), {"ticket_required": example[0]}) == example[2]
}

test_length[note] if {
	some note, example in {
		"the longest": [{}, set()],
		"a day more": [
			{"expires": "2026-01-31"},
			{"it lasts 31 days, from 2026-01-01 to 2026-01-31; at most 30 are allowed"},
		],
		"one day": [{"expires": "2026-01-01"}, set()],
		"across years": [
			{"starts": "2025-12-31"},
			{"it lasts 31 days, from 2025-12-31 to 2026-01-30; at most 30 are allowed"},
		],
		"no day to start": [
			{"starts": "soon"},
			{"it has no valid first day (starts: YYYY-MM-DD); it may last at most 30 days"},
		],
		"an end that is no day": [{"expires": "never"}, set()],
	}
	exemption_policy.problems(_with(example[0]), {"longest_days": 30}) == example[1]
}

test_one_day_may_be_the_longest if {
	exemption_policy.problems(_with({"expires": "2026-01-01"}), {"longest_days": 1}) == set()
}

test_a_first_day_is_needed_where_there_is_a_longest if {
	without := object.remove(_exemption, {"starts"})
	expected := {"it has no valid first day (starts: YYYY-MM-DD); it may last at most 30 days"}
	exemption_policy.problems(without, {"longest_days": 30}) == expected
	exemption_policy.problems(without, {}) == set()
}

test_rules[note] if {
	some note, example in {
		"another": [["max_runtime"], set()],
		"one of two": [["max_runtime", "denied_image"], {"denied_image can't be exempted"}],
		"all": [["*"], {"it is for all rules, and denied_image, region can't be exempted; list the rules"}],
		"no list": ["denied_image", {"denied_image can't be exempted"}],
	}
	exemption_policy.problems(_with({"rules": example[0]}), {"never": ["denied_image", "region"]}) == example[1]
}

test_all_rules_may_not_be_exempted_where_one_is_excluded if {
	problems := exemption_policy.problems(_with({"rules": ["*"]}), {"never": ["region"]})
	problems == {"it is for all rules, and region can't be exempted; list the rules"}
}

test_all_rules_may_be_exempted_where_none_is_excluded if {
	exemption_policy.problems(_with({"rules": ["*"]}), {"never": []}) == set()
}

test_wildcards[note] if {
	some note, example in {
		"any": ["any", {"account": "*"}, set()],
		"no wildcard": ["none", {"account": "111122223333", "region": ["eu-west-1"]}, set()],
		"star": ["none", {"region": ["eu-west-1", "us-*"]}, {"scope.region has a wildcard: us-*"}],
		"question mark": ["none", {"region": "us-west-?"}, {"scope.region has a wildcard: us-west-?"}],
		"part": ["part", {"region": "us-*", "job_name": "?-churn"}, set()],
		"alone": ["part", {"account": ["*"]}, {"scope.account matches everything: *"}],
		"no text": ["none", {"account": 7}, set()],
		"no mapping": ["none", "*", set()],
	}
	exemption_policy.problems(_scoped(example[1]), {"wildcards": example[0]}) == example[2]
}

_digits := [format_int(digit, 10) | some digit in numbers.range(0, 9)]

_lists := {
	"by the first digit": ["account", [sprintf("%s*", [digit]) | some digit in _digits]],
	"by the first digit, with marks": ["account", [sprintf("%s???????????", [digit]) | some digit in _digits]],
	"by two digits": ["account", [sprintf("%s%s*", [first, second]) | some first in _digits; some second in _digits]],
	"by the last digit": ["account", [sprintf("*%s", [digit]) | some digit in _digits]],
	"by first digits of two lengths": ["account", array.concat(
		[sprintf("%s*", [digit]) | some digit in array.slice(_digits, 1, 10)],
		[sprintf("0%s*", [digit]) | some digit in _digits],
	)],
	"roles by their account": ["role_arn", [sprintf("arn:aws:iam::%s*", [digit]) | some digit in _digits]],
	"roles of China": ["role_arn", [sprintf("ARN:aws-cn:iam::%s*:role/*", [digit]) | some digit in _digits]],
}

test_a_list_that_leaves_none_out_is_for_everything[note] if {
	some note, [fact, patterns] in _lists
	expected := {sprintf("scope.%s matches everything: %s", [fact, concat(", ", patterns)])}
	exemption_policy.problems(_scoped({fact: patterns}), {"wildcards": "part"}) == expected
	exemption_policy.problems(_scoped({fact: patterns}), {"wildcards": "any"}) == set()
}

test_a_list_that_leaves_some_out_is_part[note] if {
	some note, [fact, patterns] in _lists
	every fewer in [array.slice(patterns, 1, 200), array.slice(patterns, 0, count(patterns) - 1)] {
		exemption_policy.problems(_scoped({fact: fewer}), {"wildcards": "part"}) == set()
	}
}

test_other_lists_are_part[note] if {
	some note, scope in {
		"one glob": {"account": ["1*"]},
		"no wildcards": {"account": ["111122223333", "444455556666"]},
		"of regions": {"region": ["eu-*", "us-*"]},
		"of names": {"role_arn": ["*role/a*", "*role/z*"]},
		"empty": {"account": []},
		"malformed": {"account": ["[0-9]*", "1*"]},
		"of numbers": {"account": [1, 2]},
		"a mapping": {"account": {"a": "0*"}},
	}
	exemption_policy.problems(_scoped(scope), {"wildcards": "part"}) == set()
}

test_a_glob_for_everything_is_one_problem_of_its_list if {
	scope := {"account": array.concat(["*"], _lists["by the first digit"][1])}
	exemption_policy.problems(_scoped(scope), {"wildcards": "part"}) == {"scope.account matches everything: *"}
}

test_matches_everything[note] if {
	some note, example in {
		"account": ["account", "*"],
		"account of marks": ["account", "????????????"],
		"job kind": ["job_kind", "**"],
		"job name": ["job_name", "?*"],
		"region": ["region", "*-*-?"],
		"image": ["image", "*/*:*"],
		"role": ["role_arn", "*"],
		"role by one letter": ["role_arn", "a*"],
		"role by two letters": ["role_arn", "ar*"],
		"role by a letter of its partition": ["role_arn", "arn:a*"],
		"role by two letters of its partition": ["role_arn", "arn:aw*"],
		"role by a letter of its service": ["role_arn", "arn:aws:i*"],
		"role by two letters of its service": ["role_arn", "arn:aws:ia*"],
		"role by a letter of its type": ["role_arn", "*:r*"],
		"role by two letters of its type": ["role_arn", "*:ro*"],
		"role by three letters of its type": ["role_arn", "*:rol*"],
		"role by its ARN": ["role_arn", "arn:*"],
		"role of any account": ["role_arn", "arn:aws:iam::*:role/*"],
		"role below a path": ["role_arn", "*:role/*/*"],
		"role of a partition": ["role_arn", "arn:aws-us-gov:iam::????????????:role/*"],
	}
	exemption_policy.matches_everything(example[0], example[1])
}

test_does_not_match_everything[note] if {
	some note, example in {
		"account": ["account", "1*"],
		"job kind": ["job_kind", "t*"],
		"job name": ["job_name", "*-*"],
		"region": ["region", "eu-*"],
		"first region": ["region", "*-1"],
		"second region": ["region", "*-2"],
		"image": ["image", "*/churn:*"],
		"role that ends in a letter": ["role_arn", "*a"],
		"role of another letter": ["role_arn", "*:b*"],
		"role of one account": ["role_arn", "arn:aws:iam::111122223333:role/*"],
		"role with a name": ["role_arn", "*Churn*"],
		"role with a path": ["role_arn", "arn:aws:iam::*:role/service-role/*"],
		"fact that is none": ["tags", "*"],
	}
	not exemption_policy.matches_everything(example[0], example[1])
}

test_malformed_exemptions_are_not_judged if {
	every exemption in [null, 7, "EX-1", []] {
		exemption_policy.problems(exemption, {"ticket_required": true}) == set()
	}
}

test_a_wrong_policy_refuses_everything[note] if {
	some note, example in {
		"no mapping": [null, {"exemption_policy must be a mapping"}],
		"unknown key": [{"longest": 3}, {"unknown key exemption_policy.longest"}],
		"part of a day": [{"longest_days": 1.5}, {"exemption_policy.longest_days must be a whole number of days"}],
		"no day": [{"longest_days": 0}, {"exemption_policy.longest_days must be a whole number of days"}],
		"text": [{"longest_days": "30"}, {"exemption_policy.longest_days must be a whole number of days"}],
		"ticket": [{"ticket_required": "yes"}, {"exemption_policy.ticket_required must be true or false"}],
		"never": [{"never": "denied_image"}, {"exemption_policy.never must be a list of rule ids"}],
		"never of numbers": [{"never": [1]}, {"exemption_policy.never must be a list of rule ids"}],
		"never as a mapping": [{"never": {"a": "b"}}, {"exemption_policy.never must be a list of rule ids"}],
		"wildcards": [{"wildcards": true}, {`exemption_policy.wildcards must be "any", "part" or "none"`}],
	}
	exemption_policy.problems(_exemption, example[0]) == example[1]
	expected := [{"refused": example[1]}, {"refused": example[1]}]
	exemption_policy.governed([_exemption, null], example[0]) == expected
}

test_governed_keeps_the_order_and_what_is_allowed if {
	refused := {"refused": {"it has no ticket, which exemption_policy requires"}}
	ticketed := _with({"ticket": "OPS-7"})
	list := [_exemption, ticketed, 7]
	exemption_policy.governed(list, {"ticket_required": true}) == [refused, ticketed, 7]
}

test_governed_leaves_what_is_no_list if exemption_policy.governed({"a": 1}, {}) == {"a": 1}
