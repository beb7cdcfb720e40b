package guard.rules.mutable_tag_test

import data.guard.rules.mutable_tag as rule
import data.guard.testing

_unset := [
	{},
	{"mutable_tag": null},
	{"mutable_tag": {"tags": null, "digest_required": null}},
	{"mutable_tag": {"tags": "*", "digest_required": "*"}},
]

_config := {"level": "deny", "tags": ["latest", "*-dev"], "digest_required": false}

_strict := {"level": "deny", "tags": [], "digest_required": true}

_image(tag, digest) := {"slot": "Image", "raw": "repo", "tag": tag, "digest": digest, "error": null}

_job(tag, digest) := {"images": [_image(tag, digest)]}

_tagged(tag, number, entry) := {
	"message": sprintf("Image repo at Image is named by tag %q, which may change its content.", [tag]),
	"details": {
		"config": sprintf("rules.mutable_tag.tags[%d]", [number]),
		"slot": "Image",
		"image": "repo",
		"tag": tag,
		"entry": entry,
	},
}

_undigested(tag) := {
	"message": "Image repo at Image is not named by its digest.",
	"details": {"config": "rules.mutable_tag.digest_required", "slot": "Image", "image": "repo", "tag": tag},
}

test_deny_latest if {
	r := rule.findings with input as _job("latest", null) with data.guard.config.rules.mutable_tag as _config
	r == {_tagged("latest", 0, "latest")}
}

test_deny_missing_tag_as_latest if {
	r := rule.findings with input as _job(null, null) with data.guard.config.rules.mutable_tag as _config
	r == {_tagged("latest", 0, "latest")}
}

test_deny_tag_of_a_glob if {
	r := rule.findings with input as _job("2.1-dev", null) with data.guard.config.rules.mutable_tag as _config
	r == {_tagged("2.1-dev", 1, "*-dev")}
}

test_deny_only_the_second_image if {
	r := rule.findings with input as {"images": [_image("1", null), _image("latest", null)]}
		with data.guard.config.rules.mutable_tag as _config
	r == {_tagged("latest", 0, "latest")}
}

test_allow_near_misses[tag] if {
	some tag in ["latest-1", "xlatest", "2.1-dev1", "2.1"]
	r := rule.findings with input as _job(tag, null) with data.guard.config.rules.mutable_tag as _config
	r == set()
}

test_allow_digest_with_any_tag if {
	every tag in ["latest", null] {
		every config in [_config, _strict] {
			r := rule.findings with input as _job(tag, "sha256:1") with data.guard.config.rules.mutable_tag as config
			r == set()
		}
	}
}

_debugger(account) := object.union(_image("latest", null), {
	"account": account,
	"region": "eu-west-1",
	"repository": "sagemaker-debugger-rules",
})

test_allow_images_that_aws_publishes_with_one_tag if {
	every config in [_config, _strict] {
		r := rule.findings with input as {"images": [_debugger("929884845733")]}
			with data.guard.config.rules.mutable_tag as config
		r == set()
	}
}

test_deny_a_copy_of_such_an_image if {
	r := rule.findings with input as {"images": [_debugger("123456789012")]}
		with data.guard.config.rules.mutable_tag as _config
	r == {_tagged("latest", 0, "latest")}
}

test_deny_tag_where_a_digest_is_demanded if {
	r := rule.findings with input as _job("2.1", null) with data.guard.config.rules.mutable_tag as _strict
	r == {_undigested("2.1")}
}

test_deny_missing_tag_once_where_a_digest_is_demanded if {
	r := rule.findings with input as _job(null, null)
		with data.guard.config.rules.mutable_tag as {"level": "deny", "tags": ["*"], "digest_required": true}
	r == {_undigested("latest")}
}

_unknown(code) := {"images": [{
	"slot": "Image",
	"raw": null,
	"tag": null,
	"digest": null,
	"error": {"code": code, "message": "no image"},
}]}

test_deny_unknown_image if {
	every config in [_config, _strict] {
		r := rule.findings with input as _unknown("not-found") with data.guard.config.rules.mutable_tag as config
		r == {{
			"message": "The image at Image is not known (not-found), so its tag can't be checked.",
			"details": {"config": "rules.mutable_tag", "slot": "Image", "image": null, "error": "not-found"},
		}}
	}
}

test_allow_an_image_that_the_service_picks if {
	every config in [_config, _strict] {
		r := rule.findings with input as _unknown("managed") with data.guard.config.rules.mutable_tag as config
		r == set()
	}
}

test_deny_every_tag_when_the_list_is_missing if {
	every rules in _unset {
		r := rule.findings with input as _job("2.1", null) with data.guard.config.rules as rules
		r == {_tagged("2.1", 0, "*")}
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "digest")

test_exports_its_needs if rule.needs == ["image"]

test_allow_while_the_fact_is_unavailable if {
	document := testing.input_with_images([testing.unknown_image("unavailable")])
	r := rule.findings with input as document with data.guard.config.rules.mutable_tag as {}
	r == set()
}
