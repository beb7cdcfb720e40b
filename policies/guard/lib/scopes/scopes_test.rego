package guard.lib.scopes_test

import data.guard.lib.scopes
import data.guard.testing
import future.keywords.not

_trainer := "arn:aws:iam::111122223333:role/Trainer"

_admin := "arn:aws:iam::111122223333:role/Admin"

_with_roles(roles) := testing.input_with({"job": {"role_arn": null, "role_arns": roles}})

_matches(fact, patterns, document, strictness) if {
	scopes.holds(fact, scopes.expression(fact, patterns), document, strictness)
}

test_matches_each_fact[fact] if {
	some fact, pattern in {
		"account": "1111*",
		"region": "eu-west-?",
		"role_arn": "*:role/Trainer",
		"job_kind": "training",
		"job_name": "churn-*",
	}
	_matches(fact, pattern, testing.document, "all")
}

test_matches_not_in_part[fact] if {
	some fact, pattern in {
		"account": "11112222333",
		"region": "eu-west-",
		"role_arn": "role/Trainer",
		"job_kind": "train",
		"job_name": "churn",
	}
	not _matches(fact, pattern, testing.document, "all")
}

test_only_stars_and_question_marks_are_special if {
	every name in ["a.b+c", "(a", "a)", "a|b", "^a", "a$", "a-b/c:d,e=f@g"] {
		_matches("job_name", name, testing.input_with({"job": {"name": name}}), "all")
	}
	every name in ["axb+c", "a.bbc", "a", "b", "a.b+c\n"] {
		not _matches("job_name", ["a.b+c", "a|b", "a$"], testing.input_with({"job": {"name": name}}), "all")
	}
	_matches("job_name", "a?b*", testing.input_with({"job": {"name": "a.b"}}), "all")
	not _matches("job_name", "a?b*", testing.input_with({"job": {"name": "ab"}}), "all")
}

test_matches_each_of_a_list_as_a_whole if {
	not _matches("job_kind", ["train", "ing"], testing.document, "all")
	not _matches("job_kind", ["x", "training-x", "xtraining"], testing.document, "all")
}

test_matches_one_of_a_list if {
	_matches("job_kind", ["processing", "training"], testing.document, "all")
	not _matches("job_kind", ["processing", "transform"], testing.document, "all")
}

test_relaxing_needs_every_role if {
	not _matches("role_arn", _trainer, _with_roles([_admin, _trainer]), "all")
	_matches("role_arn", [_trainer, _admin], _with_roles([_admin, _trainer]), "all")
}

test_tightening_needs_one_role if {
	_matches("role_arn", _trainer, _with_roles([_admin, _trainer]), "any")
	not _matches("role_arn", "*/Other", _with_roles([_admin, _trainer]), "any")
}

test_role_that_a_job_only_names_is_none_that_it_runs_as if {
	named := testing.input_with({"job": {"role_arns": [_admin, _trainer], "execution_role_arns": [_trainer]}})
	_matches("execution_role_arn", _trainer, named, "all")
	not _matches("execution_role_arn", _admin, named, "any")
	_matches("role_arn", _admin, named, "any")
	not _matches("role_arn", _trainer, named, "all")
}

test_role_of_a_document_from_before_is_one_that_it_runs_as[note] if {
	some note, job in {
		"no such field": object.remove(testing.document.job, ["execution_role_arns"]),
		"null": object.union(testing.document.job, {"execution_role_arns": null}),
	}
	document := object.union(object.remove(testing.document, ["job"]), {"job": job})
	_matches("execution_role_arn", _trainer, document, "all")
	not _matches("execution_role_arn", _admin, document, "any")
}

test_roles_compare_without_regard_to_case if {
	_matches("role_arn", "arn:aws:iam::*:role/TRAINER", testing.document, "all")
	_matches("role_arn", "*:role/trainer", _with_roles([_trainer]), "any")
	not _matches("job_kind", "Training", testing.document, "all")
}

test_no_role_matches_nothing if {
	every strictness in ["any", "all"] {
		not _matches("role_arn", "*", _with_roles([]), strictness)
	}
}

_for_now(roles) := testing.input_without({"job": {"role_arns": roles}}, "job.role_arns")

_could_match(fact, patterns, document) if scopes.could_hold(fact, scopes.expression(fact, patterns), document)

test_unavailable_role_could_match if {
	_could_match("role_arn", _trainer, _for_now([]))
	_could_match("role_arn", _trainer, _for_now([_trainer]))
	not _could_match("role_arn", _trainer, _for_now([_trainer, _admin]))
	not _could_match("role_arn", _trainer, _with_roles([]))
	named := testing.input_without(
		{"job": {"role_arns": [_trainer, _admin], "execution_role_arns": [_trainer]}},
		"job.role_arns",
	)
	_could_match("execution_role_arn", _trainer, named)
	not _could_match("execution_role_arn", _admin, named)
}

test_known_execution_role_is_compared_while_other_roles_are_unavailable if {
	without := testing.input_without({"job": {"role_arns": [], "execution_role_arns": []}}, "job.role_arns")
	_could_match("execution_role_arn", _trainer, without)
	told := object.union(without, {"unavailable": [object.union(without.unavailable[0], {"facts": ["job.role_arns"]})]})
	not _could_match("execution_role_arn", _trainer, told)
	_could_match("role_arn", _trainer, told)
}

test_could_hold_equals_holds_for_other_facts if {
	every document in [testing.document, _for_now([])] {
		_could_match("region", "eu-*", document)
		not _could_match("region", "us-*", document)
	}
}

test_other_fact_matches_nothing if not _matches("team", "*", testing.document, "all")

test_valid_globs if {
	every patterns in ["*", "eu-*", ["a", "b?"]] {
		scopes.valid(patterns)
	}
}

test_invalid_globs if {
	every patterns in [
		"", [], null, 7, {"a": "b"}, ["a", ""], ["a", 7],
		"[a", "{a,b", `a\`, "a\nb",
	] {
		not scopes.valid(patterns)
	}
}

_candidates(list, document) := scopes.candidates(scopes.index(list), document)

# Between a scope for another job and a scope for every job of a region.
_among_others(scope, document) := _candidates([{"account": "999999999999"}, scope, {"region": "eu-*"}], document)

test_scope_that_names_the_job_is_a_candidate_and_no_other_exact_one[note] if {
	some note, scope in {
		"account": {"account": "111122223333"},
		"one of its accounts": {"account": ["444455556666", "111122223333"]},
		"job name": {"job_name": testing.document.job.name, "account": "*"},
		"role": {"role_arn": _trainer, "region": "eu-west-1"},
		"role in other letters": {"role_arn": upper(_trainer)},
		"role in place of its account": {"role_arn": _trainer, "account": "444455556666"},
	}
	_among_others(scope, testing.document) == {1, 2}
}

test_exact_scope_of_another_job_is_no_candidate[note] if {
	some note, scope in {
		"account": {"account": ["444455556666", "777788889999"], "region": "eu-*"},
		"job name": {"job_name": "another", "account": "111122223333"},
		"role": {"role_arn": _admin, "account": "111122223333"},
		"no account": {"account": ""},
	}
	_among_others(scope, testing.document) == {2}
}

test_scope_with_a_wildcard_or_without_a_narrow_fact_is_a_candidate_for_every_job[note] if {
	some note, scope in {
		"account": {"account": "4444*"},
		"one of its names": {"job_name": ["another", "?"]},
		"role": {"role_arn": "arn:aws:iam::*:role/Admin"},
		"region": {"region": "us-east-1"},
		"nothing": {},
	}
	_among_others(scope, testing.document) == {1, 2}
}

test_exact_fact_is_an_index_though_another_has_a_wildcard if {
	_among_others({"account": "*", "job_name": "another"}, testing.document) == {2}
}

test_scope_of_a_role_is_a_candidate_while_roles_cannot_be_read if {
	_among_others({"role_arn": _admin}, _for_now([])) == {1, 2}
	_among_others({"job_name": "another", "role_arn": _admin}, _for_now([])) == {2}
}

test_role_that_the_job_runs_as_is_enough_for_a_candidate if {
	every roles in [{"role_arns": [_trainer]}, {"execution_role_arns": [_trainer]}] {
		document := testing.input_with({"job": object.union({"role_arns": [], "execution_role_arns": []}, roles)})
		_among_others({"role_arn": _trainer}, document) == {1, 2}
	}
}

test_unknown_facts_are_no_candidates if {
	document := testing.input_with({"account": null, "job": {"name": null, "role_arns": []}})
	_among_others({"account": "null"}, document) == {2}
}

test_missing_facts_leave_the_others_as_they_are if {
	_among_others({"role_arn": _trainer}, object.remove(testing.document, ["account"])) == {1, 2}
	nameless := object.union(object.remove(testing.document, ["job"]), {"job": {"role_arns": [_trainer]}})
	_among_others({"role_arn": _trainer}, nameless) == {1, 2}
}

# Every scope that holds, or could hold, must be a candidate, because other scopes aren't compared.
test_every_scope_that_could_hold_is_a_candidate if {
	list := [{fact: patterns} |
		some fact, examples in {
			"account": ["111122223333", "1*", "444455556666"],
			"region": ["eu-west-1", "us-*"],
			"role_arn": [_trainer, [_admin, upper(_trainer)], "*/Admin", "?"],
			"job_kind": ["training", "processing"],
			"job_name": [testing.document.job.name, "churn-*", "x"],
		}
		some patterns in examples
	]
	every document in [testing.document, _for_now([]), _for_now([_trainer]), _with_roles([_admin, _trainer])] {
		holding := {number |
			some number, scope in list
			some fact, patterns in scope
			_could_match(fact, patterns, document)
		}
		count(holding) > 4
		count(holding - _candidates(list, document)) == 0
	}
}
