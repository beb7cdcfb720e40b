package guard.rules.framework_version_test

import data.guard.rules.framework_version as rule

_config := {
	"level": "deny",
	"minimum": {"pytorch": "2.4", "transformers": "4.40.1", "xgboost": "1.7-1"},
	"end_of_support": {"pytorch": {"2.5": "2025-11-24"}, "tensorflow": {"2": "2026-11-24"}},
}

_image(repository, tag) := {
	"slot": "Image",
	"raw": repository,
	"account": "763104351884",
	"region": "eu-west-1",
	"repository": repository,
	"tag": tag,
}

_xgboost(tag) := object.union(_image("sagemaker-xgboost", tag), {"account": "141502667606"})

_job(images) := {"source": {"time": "2026-11-24T23:59:59.999999999Z"}, "images": images}

_old(repository, framework, version, minimum) := {
	"message": sprintf("Image %s at Image has %s %s, which is older than %s.", [repository, framework, version, minimum]),
	"details": {
		"config": sprintf("rules.framework_version.minimum.%s", [framework]),
		"slot": "Image",
		"image": repository,
		"framework": framework,
		"version": version,
		"minimum": minimum,
	},
}

_ended(repository, framework, version, day, supported) := {
	"message": sprintf("Image %s at Image has %s %s, whose support ended on %s.", [repository, framework, version, day]),
	"details": {
		"config": sprintf("rules.framework_version.end_of_support.%s[%s]", [framework, supported]),
		"slot": "Image",
		"image": repository,
		"framework": framework,
		"version": version,
		"end_of_support": day,
	},
}

_unknown(repository, framework) := {
	"message": sprintf("Image %s at Image has no version of %s in its tag.", [repository, framework]),
	"details": {
		"config": "rules.framework_version",
		"slot": "Image",
		"image": repository,
		"framework": framework,
		"version": null,
	},
}

test_deny_older_versions[tag] if {
	some tag, version in {
		"2.3.1-cpu-py311": "2.3.1",
		"1.13.1-gpu": "1.13.1",
		"2.3": "2.3",
		"0.10.0-cpu": "0.10.0",
	}
	r := rule.findings with input as _job([_image("pytorch-training", tag)])
		with data.guard.config.rules.framework_version as _config
	r == {_old("pytorch-training", "pytorch", version, "2.4")}
}

test_allow_current_versions[tag] if {
	some tag in ["2.4.0-cpu-py311", "2.4", "2.10.0-gpu", "10.0.1", "2.6.0-gpu-py312-cu126-ubuntu22.04-v1.2"]
	r := rule.findings with input as _job([_image("pytorch-training", tag)])
		with data.guard.config.rules.framework_version as _config
	r == set()
}

test_versions_compare_as_far_as_both_have_numbers if {
	config := {"minimum": {"xgboost": "1.7-1"}}
	every tag in ["1.7-1", "1.7", "1.7-2", "1.10-1", "3.0-5"] {
		r := rule.findings with input as _job([_xgboost(tag)]) with data.guard.config.rules.framework_version as config
		r == set()
	}
	every tag in ["1.7-0", "1.6-9", "0.90-2"] {
		r := rule.findings with input as _job([_xgboost(tag)]) with data.guard.config.rules.framework_version as config
		r == {_old("sagemaker-xgboost", "xgboost", tag, "1.7-1")}
	}
}

test_deny_older_libraries_in_the_tag if {
	image := _image("huggingface-pytorch-training", "2.4.0-transformers4.36.0-gpu-py310-cu121-ubuntu20.04")
	r := rule.findings with input as _job([image]) with data.guard.config.rules.framework_version as _config
	r == {_old("huggingface-pytorch-training", "transformers", "4.36.0", "4.40.1")}
}

test_deny_what_is_out_of_support if {
	r := rule.findings with input as _job([_image("pytorch-training", "2.5.1-cpu"), _image("tensorflow-training", "2.19")])
		with data.guard.config.rules.framework_version as _config
	r == {_ended("pytorch-training", "pytorch", "2.5.1", "2025-11-24", "2.5")}
}

test_support_ends_with_the_day if {
	job := object.union(_job([_image("tensorflow-training", "2.19.0-cpu")]), {"source": {"time": "2026-11-25T00:00:00Z"}})
	r := rule.findings with input as job with data.guard.config.rules.framework_version as _config
	r == {_ended("tensorflow-training", "tensorflow", "2.19.0", "2026-11-24", "2")}
}

test_deny_listed_frameworks_without_a_version[tag] if {
	some tag in ["latest", null, "cpu-2.6", "2-cpu", "v2.6", "2.6cpu"]
	every repository, framework in {"pytorch-training": "pytorch", "tensorflow-training": "tensorflow"} {
		r := rule.findings with input as _job([_image(repository, tag)])
			with data.guard.config.rules.framework_version as _config
		r == {_unknown(repository, framework)}
	}
}

test_allow_other_images[note] if {
	some note, image in {
		"of another account": object.union(_image("pytorch-training", "1.0.0"), {"account": "123456789012"}),
		"of another repository": _image("team/pytorch-training", "1.0.0-transformers1.0.0"),
		"of a framework that isn't listed": _image("mxnet-training", "1.0.0"),
		"of a framework that isn't listed, without a version": _image("mxnet-training", "latest"),
		"without a framework": _image("blazingtext", "1"),
	}
	r := rule.findings with input as _job([image]) with data.guard.config.rules.framework_version as _config
	r == set()
}

test_deny_only_the_second_image if {
	r := rule.findings with input as _job([_image("pytorch-training", "2.4"), _image("pytorch-training", "2.3")])
		with data.guard.config.rules.framework_version as _config
	r == {_old("pytorch-training", "pytorch", "2.3", "2.4")}
}

test_allow_everything_when_the_mappings_are_missing if {
	every rules in [{}, {"framework_version": {"minimum": ["2"], "end_of_support": [{"1.0": "2020-01-01"}]}}] {
		r := rule.findings with input as _job([_image("pytorch-training", "1.0")]) with data.guard.config.rules as rules
		r == set()
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "newer version")

test_exports_its_needs if rule.needs == ["image"]

test_a_zero_before_a_number_changes_nothing[supported] if {
	some supported in ["1.7", "01.7", "1.07"]
	config := {"minimum": {"pytorch": "1.10"}, "end_of_support": {"pytorch": {supported: "2020-01-01"}}}
	r := rule.findings with input as _job([_image("pytorch-training", "1.07-cpu")])
		with data.guard.config.rules.framework_version as config
	r == {
		_old("pytorch-training", "pytorch", "1.07", "1.10"),
		_ended("pytorch-training", "pytorch", "1.07", "2020-01-01", supported),
	}
}

test_tag_before_a_digest_tells_the_version_unless_the_configuration_says_otherwise[note] if {
	unknown := {_unknown("pytorch-training", "pytorch")}
	some note, [parameters, digests, expected] in {
		"by default": [{}, {"digest": "sha256:0"}, set()],
		"where it says so": [{"tags_before_digests": true}, {"digest": "sha256:0"}, set()],
		"where it says otherwise": [{"tags_before_digests": false}, {"digest": "sha256:0"}, unknown],
		"claimed": [{"tags_before_digests": false}, {"digest": null, "claimed_digest": "sha256:0"}, unknown],
		"without a digest": [{"tags_before_digests": false}, {"digest": null, "claimed_digest": null}, set()],
	}
	image := object.union(_image("pytorch-training", "2.6-cpu-transformers4.41.0"), digests)
	findings := rule.findings with input as _job([image])
		with data.guard.config.rules.framework_version as object.union(_config, parameters)
	findings == expected
}

test_deny_no_name_in_a_tag_that_tells_no_version if {
	image := object.union(_image("pytorch-training", "2.6-cpu-transformers4.0.0"), {"digest": "sha256:0"})
	config := object.union(_config, {"tags_before_digests": false})
	findings := rule.findings with input as _job([image]) with data.guard.config.rules.framework_version as config
	findings == {_unknown("pytorch-training", "pytorch")}
}

test_versions_compare_by_numbers[[supported, tag]] if {
	some [supported, tag, same] in [
		["2-1", "2.1-cpu", true],
		["2.01", "2.1.0-cpu", true],
		["2.01", "2.10-cpu", false],
		["2.10", "2.1-cpu", false],
		["2.1.1", "2.1.10-cpu", false],
		["2.1.1", "2.1-cpu", false],
	]
	config := {"minimum": {}, "end_of_support": {"pytorch": {supported: "2025-11-24"}}}
	r := rule.findings with input as _job([_image("pytorch-training", tag)])
		with data.guard.config.rules.framework_version as config
	r == {_ended("pytorch-training", "pytorch", trim_suffix(tag, "-cpu"), "2025-11-24", supported) | same}
}
