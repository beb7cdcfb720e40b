package guard.lib.exemptions_test

import data.guard.lib.exemptions
import data.guard.lib.images
import data.guard.testing

# The same steps as in `main`, in the same order.
_exempted_by(list, finding, document) := covering[0] if {
	covering := [exemption.id |
		some exemption in exemptions.for_job(exemptions.prepared(list), document)
		not exemption.expired
		_is_about(exemption, finding, document)
	]
} else := null

_notices(list, findings, document) := {notice | some notice in exemptions.prepared(list).malformed} | {notice |
	some exemption in exemptions.for_job(exemptions.prepared(list), document)
	exemption.expired
	rule_ids := sort({finding.rule_id | some finding in findings; _is_about(exemption, finding, document)})
	count(rule_ids) > 0
	notice := exemptions.notice(exemption, rule_ids)
}

_is_about(exemption, finding, document) if {
	exemptions.is_about(exemption, finding.rule_id)
	_covers(exemption, finding, document)
}

_covers(exemption, _, _) if exemption.images == null

_covers(exemption, finding, document) if {
	known := exemptions.known_images(document)
	subjects := exemptions.covered(exemption, known, exemptions.nameable([exemption], known))
	exemptions.subject(finding.details) in subjects
}

_exemption(patch) := object.union(
	{
		"id": "EX-1",
		"owner": "ml-platform",
		"reason": "migration",
		"rules": ["denied_image"],
		"scope": {"account": "111122223333"},
		"expires": "2025-06-30",
	},
	patch,
)

_scoped(scope) := object.union(object.remove(_exemption({}), {"scope"}), {"scope": scope})

_image := testing.document.images[0]

_finding := {
	"rule_id": "denied_image",
	"message": "denied",
	"details": {"slot": _image.slot, "image": _image.raw},
}

_at(instant) := testing.input_with({"source": {"time": instant}})

test_exempted_by_its_id if {
	_exempted_by([_exemption({})], _finding, testing.document) == "EX-1"
}

test_exempted_by_the_first_that_covers if {
	list := [
		_exemption({"id": "EX-0", "rules": ["mutable_tag"]}),
		_exemption({"id": "EX-1"}),
		_exemption({"id": "EX-2"}),
	]
	_exempted_by(list, _finding, testing.document) == "EX-1"
}

test_exempted_by_none_without_exemptions if _exempted_by([], _finding, testing.document) == null

test_exempted_by_none_of_no_list if {
	every list in [null, "EX-1", {}] {
		_exempted_by(list, _finding, testing.document) == null
	}
}

test_rules_cover[note] if {
	some note, example in {
		"listed": [["a", "denied_image"], "EX-1"],
		"all": [["*"], "EX-1"],
		"another": [["denied_images"], null],
		"no glob": [["denied_*"], null],
	}
	_exempted_by([_exemption({"rules": example[0]})], _finding, testing.document) == example[1]
}

test_last_day_counts_as_a_whole_in_utc[instant] if {
	some instant, id in {
		"2025-06-30T00:00:00Z": "EX-1",
		"2025-06-30T23:59:59.999999999Z": "EX-1",
		"2025-07-01T00:00:00Z": null,
		"2025-07-01T01:59:59+02:00": "EX-1",
		"2025-06-30T23:00:00-02:00": null,
	}
	_exempted_by([_exemption({})], _finding, _at(instant)) == id
}

test_first_day_counts_as_a_whole_in_utc[instant] if {
	some instant, expected in {
		"2025-05-31T23:59:59.999999999Z": null,
		"2025-06-01T00:00:00Z": "EX-1",
		"2025-06-01T01:00:00+02:00": null,
		"2025-06-30T23:59:59Z": "EX-1",
	}
	_exempted_by([_exemption({"starts": "2025-06-01"})], _finding, _at(instant)) == expected
}

test_no_notice_before_the_first_day if {
	list := [_exemption({"starts": "2025-06-01"})]
	_notices(list, {_finding}, _at("2025-05-01T00:00:00Z")) == set()
}

test_no_list_has_no_valid_exemption if {
	exemptions.prepared(null).valid == []
	exemptions.for_job(exemptions.prepared(null), testing.document) == []
}

test_exemption_behind_a_malformed_one_is_found if {
	malformed := object.remove(_exemption({"scope": {"account": "444455556666"}}), ["owner"])
	[found] := exemptions.for_job(exemptions.prepared([malformed, _exemption({})]), testing.document)
	found.number == 1
}

# A list may be long, with few exemptions for one job.
test_only_candidates_of_the_index_are_looked_at if {
	prepared := exemptions.prepared([_exemption({})])
	[found] := exemptions.for_job(prepared, testing.document)
	found.id == "EX-1"
	unlisted := {"valid": prepared.valid, "index": exemptions.prepared([]).index}
	exemptions.for_job(unlisted, testing.document) == []
}

test_refused_exempts_nothing_and_is_reported if {
	list := [_exemption({}), {"refused": {"it has no ticket", "it lasts 31 days"}}]
	_exempted_by([list[1]], _finding, testing.document) == null
	_notices(list, {_finding}, testing.document) == {{
		"message": "An exemption exempts nothing: it has no ticket, it lasts 31 days.",
		"details": {"config": "exemptions[1]"},
	}}
}

test_what_a_configuration_calls_refused_is_malformed if {
	every refused in [[], ["x"], {}, ""] {
		"unknown key refused" in exemptions.problems(_exemption({"refused": refused}))
	}
}

test_scope_covers[note] if {
	some note, scope in {
		"account": {"account": "1111*"},
		"region": {"region": ["us-*", "eu-*"]},
		"role": {"role_arn": "*:role/Trainer"},
		"job kind": {"job_kind": "training"},
		"job name": {"job_name": "churn-*"},
		"all at once": {"account": "1*", "region": "eu-*", "job_name": "*", "image": "*"},
		"image": {"image": "pytorch-training"},
		"image with tag and digest": {"image": "pytorch-training:2.3-cpu-py311@sha256:*"},
		"image pattern": {"image": "pytorch-*"},
		"one image of a list": {"image": ["mxnet", "pytorch-training"]},
	}
	_exempted_by([_scoped(scope)], _finding, testing.document) == "EX-1"
}

test_scope_covers_not[note] if {
	some note, scope in {
		"account": {"account": "11112222333"},
		"region": {"region": "eu-west"},
		"role": {"role_arn": "Trainer"},
		"job kind": {"job_kind": "processing"},
		"job name": {"job_name": "churn"},
		"one fact of two": {"account": "1*", "region": "us-*"},
		"image": {"image": "pytorch-train"},
		"image with another tag": {"image": "pytorch-training:2.3"},
		"image pattern with another tag": {"image": "pytorch-*:1.*"},
		"no image of a list": {"image": ["mxnet", "xpytorch-training"]},
	}
	_exempted_by([_scoped(scope)], _finding, testing.document) == null
}

test_scope_of_a_role_needs_every_role_of_the_job if {
	document := testing.input_with({"job": {"role_arns": ["arn:aws:iam::1:role/A", "arn:aws:iam::1:role/B"]}})
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, document) == null
	_exempted_by([_scoped({"role_arn": ["*/A", "*/B"]})], _finding, document) == "EX-1"
}

# A job's owner could name 200 exempted roles first, so that the document leaves out the next one.
test_scope_of_a_role_covers_no_job_of_which_some_were_left_out if {
	document := testing.input_with({"job": {"role_arns": ["arn:aws:iam::1:role/A"]}})
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, document) == "EX-1"
	omitted := object.union(document, {"entries_omitted": 1, "job": {"role_arns_omitted": 1}})
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, omitted) == null
	_exempted_by([_scoped({"account": "*"})], _finding, omitted) == "EX-1"
	others := object.union(document, {"entries_omitted": 1, "job": {"role_arns_omitted": null}})
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, others) == "EX-1"
}

# The images of a job with several exemptions. Only images that one of the exemptions may name are compared.

_known := exemptions.known_images(testing.input_with_images([
	_image,
	_other,
	object.union(_other, {"slot": "Third", "repository": "tensorflow"}),
	testing.unknown_image("access-denied"),
]))

_prepared_scopes(scopes) := exemptions.prepared([_scoped(scope) | some scope in scopes]).valid

test_nameable_are_the_images_that_an_entry_or_a_pattern_may_name[note] if {
	some note, example in {
		"an entry": [["mxnet"], {1}],
		"a pattern": [["mxn*"], {1}],
		"two patterns": [["pytorch-*", "mxn*"], {0, 1}],
		"an entry and a pattern": [["pytorch-training", "mxn*"], {0, 1}],
		"a pattern and an entry of no image": [["mxn*", "jax"], {1}],
		"a pattern of all that are known": [["*:*"], {0, 1, 2}],
		"neither": [["jax", "jax-*"], set()],
	}
	exemptions.nameable(_prepared_scopes([{"image": entry} | some entry in example[0]]), _known) == example[1]
}

test_nameable_are_images_that_are_unavailable if {
	known := exemptions.known_images(testing.input_without({"images": [_image, _unread]}, "images"))
	exemptions.nameable(_prepared_scopes([{"image": "jax"}]), known) == {1, 2}
}

test_covered_is_only_what_the_exemption_itself_names[note] if {
	some note, image in {"entry": "mxnet", "pattern": "mxn*"}
	[exemption, _] := _prepared_scopes([{"image": image}, {"image": "pytorch-training"}])
	exemptions.covered(exemption, _known, {0, 1}) == {[_other.slot, _other.raw]}
}

test_covered_is_nothing_else_than_what_is_nameable if {
	[exemption] := _prepared_scopes([{"image": "*"}])
	exemptions.covered(exemption, _known, {0}) == {[_image.slot, _image.raw]}
}

test_entries_are_looked_up_and_only_patterns_compared if {
	[exemption] := _prepared_scopes([{"image": ["mxnet", "pytorch-*"]}])
	exemption.images == {
		"entries": ["mxnet"],
		"expression": images.pulled_expression(["pytorch-*"]),
		"words": images.any_word(images.words(["pytorch-*"])),
	}
}

# Temporarily unavailable facts.

_without_roles(roles) := testing.input_without({"job": {"role_arns": roles}}, "job.role_arns")

test_scope_of_a_role_that_is_unavailable_covers if {
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, _without_roles([])) == "EX-1"
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, _without_roles(["arn:aws:iam::1:role/A"])) == "EX-1"
}

test_scope_of_a_role_that_the_job_lacks_covers_not if {
	roles := ["arn:aws:iam::1:role/B"]
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, _without_roles(roles)) == null
	none := testing.input_with({"job": {"role_arns": []}})
	_exempted_by([_scoped({"role_arn": "*/A"})], _finding, none) == null
}

_unread := testing.image({"raw": null, "error": {"code": "unavailable", "message": "ThrottlingException"}})

test_scope_of_images_that_are_unavailable_covers_a_finding_about_no_image if {
	finding := {"rule_id": "denied_image", "message": "x", "details": {}}
	every list in [[], [_unread], [_unread, _image]] {
		document := testing.input_without({"images": list}, "images")
		_exempted_by([_scoped({"image": "pytorch-*"})], finding, document) == "EX-1"
	}
}

test_scope_of_images_covers_not_where_another_is_known if {
	finding := {"rule_id": "denied_image", "message": "x", "details": {}}
	document := testing.input_without({"images": [_unread, _image]}, "images")
	_exempted_by([_scoped({"image": "mxnet"})], finding, document) == null
	_exempted_by([_scoped({"image": "mxnet"})], _finding, document) == null
}

test_scope_of_images_that_are_unavailable_covers_the_finding_about_one if {
	finding := {"rule_id": "denied_image", "message": "x", "details": {"slot": _unread.slot, "image": null}}
	document := testing.input_without({"images": [_unread, _image]}, "images")
	_exempted_by([_scoped({"image": "mxnet"})], finding, document) == "EX-1"
}

test_no_notice_of_an_expired_exemption_of_images_that_are_unavailable if {
	expired := object.union(_scoped({"image": "pytorch-*"}), {"expires": "2020-01-01"})
	findings := [
		{"rule_id": "denied_image", "message": "x", "details": {}},
		{"rule_id": "denied_image", "message": "x", "details": {"slot": _unread.slot, "image": null}},
	]
	every list in [[], [_unread]] {
		_notices([expired], findings, testing.input_without({"images": list}, "images")) == set()
	}
}

test_notice_of_an_expired_exemption_of_the_image if {
	expired := object.union(_scoped({"image": "pytorch-*"}), {"expires": "2020-01-01"})
	count(_notices([expired], [_finding], testing.document)) == 1
	other := object.union(_scoped({"image": "mxnet"}), {"expires": "2020-01-01"})
	_notices([other], [_finding], testing.document) == set()
}

test_no_notice_of_an_expired_exemption_that_only_could_cover if {
	expired := object.union(_scoped({"role_arn": "*/A"}), {"expires": "2020-01-01"})
	_notices([expired], [_finding], _without_roles([])) == set()
	_notices([expired], [_finding], _without_roles(["arn:aws:iam::1:role/A"])) == set()
}

test_notice_of_an_expired_exemption_of_the_jobs_role if {
	expired := object.union(_scoped({"role_arn": "*/A"}), {"expires": "2020-01-01"})
	known := testing.input_with({"job": {"role_arns": ["arn:aws:iam::1:role/A"]}})
	count(_notices([expired], [_finding], known)) == 1
}

test_notice_of_an_expired_exemption_without_roles_whatever_is_known_of_them if {
	expired := object.union(_scoped({"account": "*"}), {"expires": "2020-01-01"})
	count(_notices([expired], [_finding], _without_roles([]))) == 1
}

test_no_notice_of_valid_exemptions if {
	_notices([_exemption({"ticket": "OPS-7"})], {_finding}, testing.document) == set()
}

test_notice_of_an_expired_exemption_that_would_cover if {
	list := [_exemption({}), _exemption({"id": "EX-2", "rules": ["*"], "expires": "2025-06-14"})]
	findings := {
		{"rule_id": "vpc_required", "message": "b", "details": {}},
		{"rule_id": "denied_image", "message": "a", "details": {}},
	}
	_notices(list, findings, testing.document) == {{
		"message": "Exemption EX-2 from denied_image, vpc_required has expired.",
		"details": {
			"config": "exemptions[1]",
			"exemption": "EX-2",
			"owner": "ml-platform",
			"expires": "2025-06-14",
			"rules": ["denied_image", "vpc_required"],
		},
	}}
}

test_notice_of_an_expired_exemption_names_each_rule_once if {
	list := [_exemption({"expires": "2025-06-14"})]
	findings := {_finding, object.union(_finding, {"message": "again"})}
	[n.details.rules | some n in _notices(list, findings, testing.document)] == [["denied_image"]]
}

test_no_notice_of_an_expired_exemption_that_covers_nothing if {
	list := [_exemption({"expires": "2025-06-14", "rules": ["vpc_required"]})]
	_notices(list, {_finding}, testing.document) == set()
}

test_notice_of_no_list if {
	every list in [null, "EX-1", {}] {
		_notices(list, set(), testing.document) == {{
			"message": "The exemptions exempt nothing: they must be a list.",
			"details": {"config": "exemptions"},
		}}
	}
}

_malformed := {
	"no mapping": ["EX-1", "must be a mapping"],
	"id missing": [object.remove(_exemption({}), {"id"}), "id is missing"],
	"owner missing": [object.remove(_exemption({}), {"owner"}), "owner is missing"],
	"reason missing": [object.remove(_exemption({}), {"reason"}), "reason is missing"],
	"rules missing": [object.remove(_exemption({}), {"rules"}), "rules is missing"],
	"scope missing": [object.remove(_exemption({}), {"scope"}), "scope is missing"],
	"expires missing": [object.remove(_exemption({}), {"expires"}), "expires is missing"],
	"unknown key": [_exemption({"expire": "2025-06-30"}), "unknown key expire"],
	"id a number": [_exemption({"id": 1}), "id must be a text"],
	"owner blank": [_exemption({"owner": " "}), "owner must be a text"],
	"reason empty": [_exemption({"reason": ""}), "reason must be a text"],
	"ticket null": [_exemption({"ticket": null}), "ticket must be a text"],
	"rules a text": [_exemption({"rules": "*"}), "rules must be a list of rule ids"],
	"rules a mapping": [_exemption({"rules": {"a": "*"}}), "rules must be a list of rule ids"],
	"rules empty": [_exemption({"rules": []}), "rules must be a list of rule ids"],
	"rules of numbers": [_exemption({"rules": ["*", 1]}), "rules must be a list of rule ids"],
	"starts no day": [_exemption({"starts": "2025-02-30"}), "starts must be a day as YYYY-MM-DD"],
	"starts a number": [_exemption({"starts": 20250601}), "starts must be a day as YYYY-MM-DD"],
	"starts null": [_exemption({"starts": null}), "starts must be a day as YYYY-MM-DD"],
	"expires no day": [_exemption({"expires": "2025-02-30"}), "expires must be a day as YYYY-MM-DD"],
	"expires a number": [_exemption({"expires": 20250630}), "expires must be a day as YYYY-MM-DD"],
	"expires null": [_exemption({"expires": null}), "expires must be a day as YYYY-MM-DD"],
	"scope a text": [_scoped("*"), "scope must be a mapping"],
	"scope empty": [_scoped({}), "scope must not be empty"],
	"scope of an unknown fact": [_scoped({"account": "*", "tag": "*"}), "unknown key scope.tag"],
	"scope without globs": [
		_scoped({"region": []}),
		"scope.region must be a glob or a list of globs (* and ? only)",
	],
	"scope with a class": [
		_scoped({"job_name": "[a-"}),
		"scope.job_name must be a glob or a list of globs (* and ? only)",
	],
	"scope with an empty image": [_scoped({"image": ""}), "scope.image must be an entry or a list of entries"],
	"scope with no images": [_scoped({"image": []}), "scope.image must be an entry or a list of entries"],
}

test_malformed_exempts_nothing[note] if {
	some note, example in _malformed
	_exempted_by([example[0]], _finding, testing.document) == null
}

test_notice_of_malformed[note] if {
	some note, example in _malformed
	_notices([_exemption({}), example[0]], set(), testing.document) == {{
		"message": sprintf("An exemption exempts nothing: %s.", [example[1]]),
		"details": {"config": "exemptions[1]"},
	}}
}

test_notice_says_all_that_is_wrong if {
	exemptions.problems({"owner": null, "scope": null, "rules": ["*"], "id": "EX-1"}) == {
		"reason is missing",
		"expires is missing",
		"owner must be a text",
		"scope must be a mapping",
	}
}

test_notice_joins_all_that_is_wrong if {
	exemption := object.remove(_exemption({"owner": ""}), {"expires"})
	[n.message | some n in _notices([exemption], set(), testing.document)] == [
		"An exemption exempts nothing: expires is missing, owner must be a text.",
	]
}
