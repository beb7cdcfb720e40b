package guard.rules.denied_image_test

import data.guard.rules.denied_image as rule
import data.guard.testing

_hex := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

_digest := concat(":", ["sha256", _hex])

_other_digest := concat(":", ["sha256", replace(_hex, "a", "b")])

_slot := "AlgorithmSpecification.TrainingImage"

_origin := {"type": "job", "name": "churn-42"}

# An image with these parts. Rules compare the parts, so the raw reference can be any text.
_image(registry, repository, tag, digest) := testing.image({
	"raw": "as written",
	"registry": registry,
	"account": null,
	"region": null,
	"repository": repository,
	"tag": tag,
	"digest": digest,
})

_ecr(host) := object.union(
	_image(host, "team/pytorch", "1", null),
	{"account": "111122223333", "region": "us-east-1"},
)

_finding(config, entry) := {
	"message": sprintf("Image as written (%s of churn-42) is denied: CVE-1.", [_slot]),
	"details": {
		"config": config,
		"slot": _slot,
		"image": "as written",
		"origin": _origin,
		"entry": entry,
		"reason": "CVE-1",
	},
}

_exact(entry) := _finding(sprintf("rules.denied_image.images[%s]", [entry]), entry)

_in_bundle(image, entry) := findings if {
	findings := rule.findings with input as testing.input_with_images([image])
		with data.guard.config.rules.denied_image as {"images": {entry: {"reason": "CVE-1"}}}
}

_denied := {
	"bare repository": ["pytorch-training", _image(null, "pytorch-training", "1.10", null)],
	"tag": ["pytorch-training:1.10", _image(null, "pytorch-training", "1.10", null)],
	"missing tag is latest": ["pytorch-training:latest", _image(null, "pytorch-training", null, null)],
	"latest": ["pytorch-training:latest", _image(null, "pytorch-training", "latest", null)],
	"any registry": ["pytorch-training:1.10", _image("reg.example.com", "pytorch-training", "1.10", null)],
	"registry with port": ["pytorch-training:1.10", _image("reg.example.com:5000", "pytorch-training", "1.10", null)],
	"mirrored path": ["pytorch-training:1.10", _image(null, "mirror/pytorch-training", "1.10", null)],
	"tail of two segments": ["team/pytorch", _image("reg.example.com", "mirror/team/pytorch", "1", null)],
	"its registry": ["my.registry.io/pytorch:1", _image("my.registry.io", "pytorch", "1", null)],
	"its registry with port": ["my.registry.io:5000/pytorch:1", _image("my.registry.io:5000", "pytorch", "1", null)],
	"default port": ["my.registry.io/pytorch:1", _image("my.registry.io:443", "pytorch", "1", null)],
	"digest": [concat("@", ["pytorch", _digest]), _image(null, "pytorch", null, _digest)],
	"bare repository of a digest": ["pytorch", _image(null, "pytorch", null, _digest)],
	"tag of tag and digest": ["pytorch:1", _image(null, "pytorch", "1", _digest)],
	"digest of tag and digest": [concat("@", ["pytorch", _digest]), _image(null, "pytorch", "1", _digest)],
	"tag and digest": [concat("@", ["pytorch:1", _digest]), _image(null, "pytorch", "1", _digest)],
	"FIPS endpoint": [
		"111122223333.dkr.ecr.us-east-1.amazonaws.com/team/pytorch",
		_ecr("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com"),
	],
	"dual-stack endpoint": [
		"111122223333.dkr.ecr.us-east-1.amazonaws.com/team/pytorch:1",
		_ecr("111122223333.dkr-ecr.us-east-1.on.aws"),
	],
	"plain endpoint of a dual-stack entry": [
		"111122223333.dkr-ecr-fips.us-east-1.on.aws/team/pytorch:1",
		_ecr("111122223333.dkr.ecr.us-east-1.amazonaws.com"),
	],
}

test_deny[note] if {
	some note, example in _denied
	_in_bundle(example[1], example[0]) == {_exact(example[0])}
}

_allowed := {
	"longer repository": ["pytorch-training", _image(null, "pytorch-training-x", "1.10", null)],
	"longer segment": ["pytorch-training", _image(null, "xpytorch-training", "1.10", null)],
	"longer registry": ["my.registry.io/pytorch", _image("my.registry.evil.io", "pytorch", "1", null)],
	"registry as a prefix": ["my.registry.io/pytorch", _image("my.registry.io.evil.io", "pytorch", "1", null)],
	"another port": ["my.registry.io/pytorch", _image("my.registry.io:5000", "pytorch", "1", null)],
	"port of an entry": ["my.registry.io:5000/pytorch", _image("my.registry.io", "pytorch", "1", null)],
	"path between": ["my.registry.io/pytorch", _image("my.registry.io", "team/pytorch", "1", null)],
	"head of a path": ["mirror", _image(null, "mirror/pytorch", "1", null)],
	"no registry": ["my.registry.io/pytorch", _image(null, "pytorch", "1", null)],
	"another tag": ["pytorch:1", _image(null, "pytorch", "1.0", null)],
	"no latest": ["pytorch:latest", _image(null, "pytorch", "1", null)],
	"tag in capitals": ["pytorch:v1", _image(null, "pytorch", "V1", null)],
	"tag of a digest alone": ["pytorch:1", _image(null, "pytorch", null, _digest)],
	"latest of a digest alone": ["pytorch:latest", _image(null, "pytorch", null, _digest)],
	"another digest": [concat("@", ["pytorch", _digest]), _image(null, "pytorch", null, _other_digest)],
	"digest of another repository": [concat("@", ["mxnet", _digest]), _image(null, "pytorch", null, _digest)],
	"digest of a tag": [concat("@", ["pytorch", _digest]), _image(null, "pytorch", "1", null)],
	"another tag with the digest": [
		concat("@", ["pytorch:2", _digest]),
		_image(null, "pytorch", "1", _digest),
	],
	"star in an exact entry": ["pytorch*", _image(null, "pytorch-training", "1", null)],
	"endpoint of another account": [
		"999922223333.dkr.ecr.us-east-1.amazonaws.com/team/pytorch",
		_ecr("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com"),
	],
	"endpoint of another region": [
		"111122223333.dkr.ecr.us-east-2.amazonaws.com/team/pytorch",
		_ecr("111122223333.dkr.ecr.us-east-1.amazonaws.com"),
	],
	"unknown image": ["pytorch", testing.unknown_image("missing")],
	"image with an error": ["pytorch", object.union(
		_image(null, "pytorch", "1", null),
		{"error": {"code": "unparseable", "message": "?"}},
	)],
}

test_allow[note] if {
	some note, example in _allowed
	_in_bundle(example[1], example[0]) == set()
}

test_deny_goes_by_the_parts_not_the_raw_text if {
	raw := " REG.example.com/pytorch:1 "
	image := object.union(_image("reg.example.com", "pytorch", "1", null), {"raw": raw})
	some finding in _in_bundle(image, "reg.example.com/pytorch:1")
	finding.details.image == raw
	finding.message == sprintf("Image %s (%s of churn-42) is denied: CVE-1.", [raw, _slot])
}

test_deny_by_pattern if {
	findings := rule.findings with input as testing.input_with_images([_image(null, "mirror/pytorch", "1.10", null)])
		with data.guard.config.rules.denied_image as {"patterns": [
			{"pattern": "mxnet:*", "reason": "old"},
			{"pattern": "pytorch:1.*", "reason": "CVE-1"},
		]}
	findings == {_finding("rules.denied_image.patterns[1]", "pytorch:1.*")}
}

_at_deployment(deny_list) := findings if {
	document := testing.input_with({
		"images": [_image(null, "pytorch", "1.10", null)],
		"deny_list": deny_list,
	})
	findings := rule.findings with input as document with data.guard.config.rules.denied_image as {"images": {}}
}

test_allow_what_the_deployment_does_not_name if {
	_at_deployment({
		"images": {"pytorch:1.1": {"reason": "CVE-1", "job_kinds": []}},
		"patterns": [{"pattern": "mxnet:*", "reason": "CVE-1", "job_kinds": []}],
	}) == set()
}

test_deny_by_the_list_of_the_deployment if {
	_at_deployment({"images": {"pytorch:1.10": {"reason": "CVE-1", "job_kinds": ["training"]}}}) == {_finding(
		"deny_list.images[pytorch:1.10]",
		"pytorch:1.10",
	)}
}

test_deny_by_the_first_of_the_patterns_that_match if {
	findings := rule.findings with input as testing.input_with_images([_image(null, "pytorch", "1.10", null)])
		with data.guard.config.rules.denied_image as {"patterns": [
			{"pattern": "mxnet*", "reason": "CVE-1"},
			{"pattern": "pytorch:*", "reason": "CVE-1", "job_kinds": ["processing"]},
			{"pattern": "pytorch:1.*", "reason": "CVE-1"},
			{"pattern": "pytorch*", "reason": "CVE-2"},
		]}
	findings == {_finding("rules.denied_image.patterns[2]", "pytorch:1.*")}
}

# `make check` refuses such entries. If they are deployed without it, the other entries still work.
test_deny_by_a_pattern_behind_broken_ones[note] if {
	some note, broken in {
		"no pattern": {"reason": "CVE-1"},
		"no text": {"pattern": 7, "reason": "CVE-1"},
		"no mapping": "mxnet:*",
		"two lines": {"pattern": "mx\nnet:*", "reason": "CVE-1"},
	}
	findings := rule.findings with input as testing.input_with_images([_image(null, "pytorch", "1.10", null)])
		with data.guard.config.rules.denied_image as {"patterns": [
			broken,
			{"pattern": "pytorch:1.*", "reason": "CVE-1"},
			{"pattern": "al\npine*", "reason": "CVE-1"},
		]}
	findings == {_finding("rules.denied_image.patterns[1]", "pytorch:1.*")}
}

test_deny_each_image_by_its_own_first_pattern if {
	pytorch := _image(null, "pytorch", "1.10", null)
	others := [_image(null, repository, "1.10", null) | some repository in ["mxnet", "alpine"]]
	findings := rule.findings with input as testing.input_with_images(array.concat([pytorch], others))
		with data.guard.config.rules.denied_image as {"patterns": [
			{"pattern": "mxnet:1.9*", "reason": "CVE-1"},
			{"pattern": "pytorch:*", "reason": "CVE-1"},
			{"pattern": "*mxnet*", "reason": "CVE-1"},
		]}
	findings == {
		_finding("rules.denied_image.patterns[1]", "pytorch:*"),
		_finding("rules.denied_image.patterns[2]", "*mxnet*"),
	}
}

test_deny_by_a_pattern_of_the_deployment if {
	patterns := [{"pattern": "pytorch:*", "reason": "CVE-1", "job_kinds": ["training"]}]
	_at_deployment({"patterns": patterns}) == {_finding("deny_list.patterns[0]", "pytorch:*")}
}

test_allow_what_the_deployment_denies_for_other_job_kinds if {
	_at_deployment({
		"images": {"pytorch:1.10": {"reason": "CVE-1", "job_kinds": ["processing"]}},
		"patterns": [{"pattern": "pytorch:*", "reason": "CVE-1", "job_kinds": ["processing"]}],
	}) == set()
}

test_deny_every_image_by_every_entry_that_names_it if {
	first := _image(null, "pytorch", "1", null)
	second := object.union(_image(null, "pytorch", "2", null), {"slot": "Second"})
	findings := rule.findings with input as testing.input_with_images([first, second])
		with data.guard.config.rules.denied_image as {
			"images": {"pytorch": {"reason": "CVE-1"}, "pytorch:1": {"reason": "CVE-1"}},
			"patterns": [{"pattern": "*", "reason": "CVE-1"}],
		}
	{[finding.details.slot, finding.details.config] | some finding in findings} == {
		[_slot, "rules.denied_image.images[pytorch]"],
		[_slot, "rules.denied_image.images[pytorch:1]"],
		[_slot, "rules.denied_image.patterns[0]"],
		["Second", "rules.denied_image.images[pytorch]"],
		["Second", "rules.denied_image.patterns[0]"],
	}
}

_with_entry(entry) := findings if {
	findings := rule.findings with input as testing.input_with_images([_image(null, "pytorch", "1", null)])
		with data.guard.config.rules.denied_image as {"images": {"pytorch": entry}}
}

test_deny_for_the_job_kinds_of_the_entry[note] if {
	some note, kinds in {
		"one of them": ["processing", "training"],
		"none given": [],
		"null": null,
		"no list": "processing",
	}
	_with_entry({"reason": "CVE-1", "job_kinds": kinds}) == {_exact("pytorch")}
}

test_allow_for_other_job_kinds if {
	_with_entry({"reason": "CVE-1", "job_kinds": ["processing", "train"]}) == set()
}

test_deny_by_an_entry_without_a_reason[note] if {
	some note, entry in {"null": null, "empty": {}, "text": "CVE-1", "no text": {"reason": 1}}
	some finding in _with_entry(entry)
	finding.details.reason == "no reason is given"
}

test_reason_ends_with_one_full_stop if _with_entry({"reason": " CVE-1. "}) == {_exact("pytorch")}

test_allow_without_configuration if {
	rule.findings == set() with input as testing.document with data.guard.config.rules as {}
}

test_remediation_says_what_to_do if contains(rule.remediation, "another image")

# Overrides.

_scoped := {
	"level": "deny",
	"images": {"pytorch-training": {"reason": "CVE-1"}},
	"patterns": [{"pattern": "pytorch-*", "reason": "CVE-1"}],
	"overrides": [
		{"region": "us-*", "images": {}, "patterns": []},
		{"region": "eu-*", "images": {"churn": {"reason": "CVE-1"}}, "patterns": [{"pattern": "ch*", "reason": "CVE-1"}]},
	],
}

_entries(repository, region) := {finding.details.config: finding.details.entry | some finding in findings} if {
	image := _image(null, repository, "1", null)
	findings := rule.findings with input as testing.input_with({"images": [image], "region": region})
		with data.guard.config.rules.denied_image as _scoped
}

test_deny_by_the_lists_of_the_override if {
	_entries("churn", "eu-west-1") == {
		"rules.denied_image.images[churn]": "churn",
		"rules.denied_image.patterns[0]": "ch*",
	}
	_entries("pytorch-training", "eu-west-1") == {}
	_entries("pytorch-training", "us-east-1") == {}
}

test_deny_by_the_lists_of_the_section_where_no_override_matches if {
	_entries("pytorch-training", "ap-south-1") == {
		"rules.denied_image.images[pytorch-training]": "pytorch-training",
		"rules.denied_image.patterns[0]": "pytorch-*",
	}
	_entries("churn", "ap-south-1") == {}
}
