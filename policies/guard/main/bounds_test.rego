# The limits on what a decision lists, however many findings a job's owner causes.
package guard.main_test

import data.guard.main
import data.guard.testing

_many(count) := {{"message": sprintf("m%03d", [i]), "details": {"slot": sprintf("s%d", [i]), "image": "x"}} |
	some i in numbers.range(1, count)
}

_decide_many(findings, exemptions) := decision if {
	decision := main.decision with input as testing.document
		with data.guard.rules as {"alpha": {"remediation": "Do a.", "findings": findings}}
		with data.guard.config as {"rules": {"alpha": {"level": "deny"}}, "exemptions": exemptions}
}

test_fifty_findings_of_a_rule_are_listed if {
	findings := _decide_many(_many(50), []).findings
	[f.message | some f in findings] == [sprintf("m%03d", [i]) | some i in numbers.range(1, 50)]
}

# For another rule: it is evaluated, but exempts nothing.
_elsewhere := _exemption({"id": "EX-0", "rules": ["beta"]})

test_an_exemption_of_another_rule_changes_nothing[note] if {
	some note, findings in {
		"none": set(),
		"one": _rules.alpha.findings,
		"fifty": _many(50),
		"one more": _many(51),
		"without details": {{"message": "a"}},
		"with an invalid one": (_many(51) | {{"message": " "}}),
		"with a long message": {{"message": concat("", ["a" | some _ in numbers.range(1, 2000)])}},
		"with a longer message": {{"message": concat("", ["a" | some _ in numbers.range(1, 2001)])}},
	}
	_decide_many(findings, [_elsewhere]) == _decide_many(findings, [])
}

test_one_finding_more_than_are_listed_is_counted if {
	_decide_many(_many(51), []).findings[50] == object.union(_alpha, {
		"message": "The rule has 1 more findings, 0 of them exempted.",
		"details": {"config": "rules.alpha", "more": 1, "more_exempted": 0},
	})
}

test_fifty_findings_are_listed_of_a_rule_with_an_invalid_one if {
	findings := _decide_many(_many(60) | {{"message": " "}}, []).findings
	[finding.message | some finding in findings] == array.concat(
		["The rule returned an invalid finding (object): it needs a message."],
		[sprintf("m%03d", [i]) | some i in numbers.range(1, 50)],
	)
}

test_more_findings_of_a_rule_are_counted if {
	decision := _decide_many(_many(173), [])
	decision.decision == "deny"
	count(decision.findings) == 51
	decision.findings[50] == object.union(_alpha, {
		"message": "The rule has 123 more findings, 0 of them exempted.",
		"details": {"config": "rules.alpha", "more": 123, "more_exempted": 0},
	})
}

test_findings_that_count_are_listed_first if {
	# All findings but the last are about an image that the exemption names; the last is about the job, which also has
	# other images.
	about_images := {{"message": sprintf("m%03d", [i]), "details": {"slot": image.slot, "image": image.raw}} |
		image := testing.document.images[0]
		some i in numbers.range(1, 60)
	}
	exemption := _exemption({"scope": {"image": "pytorch-training"}})
	counting := {"message": "z", "details": {"slot": "Elsewhere", "image": "y"}}
	decision := _decide_many(about_images | {counting}, [exemption])
	decision.decision == "deny"
	[f.message | some f in decision.findings; f.exempted_by == null] == ["z"]
	[last] := [f | some f in decision.findings; f.details.more]
	last.exempted_by == "EX-1"
	last.details == {"config": "rules.alpha", "more": 11, "more_exempted": 11}
}

test_allow_many_exempted_findings if {
	decision := _decide_many(_many(70), [_exemption({})])
	decision.decision == "allow"
	count(decision.findings) == 51
}

test_long_message_is_cut_with_its_length if {
	long := concat("", [sprintf("%d", [i % 10]) | some i in numbers.range(1, 2001)])
	[finding] := _decide_many({{"message": long}}, []).findings
	finding.message == concat("", [substring(long, 0, 2000), "... (2001 characters)"])
	[detailed] := _decide_many({{"message": long, "details": {}}}, []).findings
	detailed == finding
	longest := substring(long, 0, 2000)
	[whole] := _decide_many({{"message": longest}}, []).findings
	whole.message == longest
}

_about_image := {{"message": "a is wrong", "details": {"slot": image.slot, "image": image.raw}}} if {
	image := testing.document.images[0]
}

test_first_exemption_counts_with_images_or_without[note] if {
	by_image := _exemption({"id": "EX-I", "scope": {"image": "pytorch-training"}})
	some note, [list, wanted] in {
		"image first": [[by_image, _exemption({"id": "EX-A"})], "EX-I"],
		"image last": [[_exemption({"id": "EX-A"}), by_image], "EX-A"],
		"image only": [[by_image], "EX-I"],
	}
	[finding] := _decide_many(_about_image, list).findings
	finding.exempted_by == wanted
}

test_each_image_is_exempted_by_the_exemption_that_names_it if {
	image := testing.document.images[0]
	other := object.union(image, {"slot": "Other", "repository": "mxnet"})
	findings := {{"message": one.slot, "details": {"slot": one.slot, "image": one.raw}} | some one in [image, other]}
	list := [_exemption({"id": id, "scope": {"image": name}}) |
		some [id, name] in [["EX-I", "mxnet"], ["EX-J", "pytorch-training"]]
	]
	decision := main.decision with input as testing.input_with_images([image, other])
		with data.guard.rules as {"alpha": {"remediation": "Do a.", "findings": findings}}
		with data.guard.config as {"rules": {"alpha": {"level": "deny"}}, "exemptions": list}
	[[finding.message, finding.exempted_by] | some finding in decision.findings] == [
		[image.slot, "EX-J"],
		["Other", "EX-I"],
	]
}

test_expired_exemption_is_reported_for_what_it_would_cover if {
	expired := {"expires": "2025-06-14"}
	decision := _decide_many(_about_image, [
		_exemption(object.union(expired, {"id": "EX-I", "scope": {"image": "pytorch-training"}})),
		_exemption(object.union(expired, {"id": "EX-J", "scope": {"image": "other"}})),
		_exemption(object.union(expired, {"id": "EX-A"})),
	])
	[f.details.exemption | some f in decision.findings; f.rule_id == "exemptions"] == ["EX-A", "EX-I"]
}
