package guard.lib.exemptions_test

import data.guard.testing

_other := testing.image({
	"slot": "ProfilerRuleConfigurations[0].RuleEvaluatorImage",
	"raw": "reg.example.com/mxnet:1",
	"registry": "reg.example.com",
	"account": null,
	"region": null,
	"repository": "mxnet",
	"tag": "1",
})

_two_images := testing.input_with_images([_image, _other])

test_image_scope_covers_only_the_finding_about_its_image if {
	list := [_scoped({"image": "mxnet"})]
	_exempted_by(list, _finding, _two_images) == null
	about_other := {"rule_id": "denied_image", "details": {"slot": _other.slot, "image": _other.raw}}
	_exempted_by(list, about_other, _two_images) == "EX-1"
}

test_image_scope_goes_by_the_slot_too if {
	list := [_scoped({"image": "mxnet"})]
	document := testing.input_with_images([_image, object.union(_other, {"raw": _image.raw})])
	_exempted_by(list, _finding, document) == null
	about_other := {"rule_id": "denied_image", "details": {"slot": _other.slot, "image": _image.raw}}
	_exempted_by(list, about_other, document) == "EX-1"
}

test_image_scope_goes_by_the_raw_reference_too if {
	document := testing.input_with_images([_image, object.union(_other, {"slot": _image.slot})])
	_exempted_by([_scoped({"image": "pytorch-*"})], _finding, document) == "EX-1"
}

test_image_scope_covers_a_finding_about_no_image_if_it_names_all if {
	finding := {"rule_id": "denied_image", "details": {}}
	_exempted_by([_scoped({"image": "mxnet"})], finding, _two_images) == null
	_exempted_by([_scoped({"image": ["mxnet", "pytorch-*"]})], finding, _two_images) == "EX-1"
}

test_image_scope_covers_a_finding_about_a_setting_if_it_names_all[note] if {
	some note, details in {
		"slot of a setting": {"slot": "Environment", "setting": "TOKEN"},
		"slot like that of an image": {"slot": _image.slot},
		"image without slot": {"image": "another"},
	}
	finding := {"rule_id": "denied_image", "details": details}
	_exempted_by([_scoped({"image": "pytorch-*"})], finding, testing.document) == "EX-1"
	_exempted_by([_scoped({"image": "mxnet"})], finding, testing.document) == null
	_exempted_by([_scoped({"image": "pytorch-*"})], finding, _two_images) == null
	_exempted_by([_scoped({"image": ["mxnet", "pytorch-*"]})], finding, _two_images) == "EX-1"
}

test_image_scope_goes_by_the_tag_where_there_is_no_digest if {
	document := testing.input_with_images([object.union(_image, {"digest": null})])
	every entry in ["pytorch-training:2.3-cpu-py311", "pytorch-*:2.*"] {
		_exempted_by([_scoped({"image": entry})], _finding, document) == "EX-1"
	}
	_exempted_by([_scoped({"image": "pytorch-training:2.4"})], _finding, document) == null
}

# The image of the digest runs: the job's owner can write the tag of a reviewed image before it.
test_image_scope_goes_by_the_digest_where_there_is_one[note] if {
	image := testing.image({"slot": "Other", "raw": "other", "repository": "mxnet", "tag": "1.9", "digest": "sha256:0"})
	finding := {"rule_id": "denied_image", "details": {"slot": "Other", "image": "other"}}
	document := testing.input_with_images([image])
	some note, [entry, expected] in {
		"the repository": ["mxnet", "EX-1"],
		"every tag": ["mxnet:*", null],
		"the tag": ["mxnet:1.9", null],
		"the digest": ["mxnet@sha256:0", "EX-1"],
		"a pattern of the digest": ["*@sha256:*", "EX-1"],
		"both": ["mxnet:1.9@sha256:0", "EX-1"],
		"another digest": ["mxnet@sha256:1", null],
	}
	_exempted_by([_scoped({"image": entry})], finding, document) == expected
}

test_image_scope_covers_no_images_that_were_left_out if {
	all_named := [_scoped({"image": ["mxnet", "pytorch-*"]})]
	omitted := object.union(_two_images, {"entries_omitted": 1})
	_exempted_by(all_named, {"rule_id": "denied_image", "details": {}}, omitted) == null
	_exempted_by(all_named, _finding, omitted) == "EX-1"
	_exempted_by([_scoped({"account": "*"})], {"rule_id": "denied_image", "details": {}}, omitted) == "EX-1"
}

test_image_scope_covers_no_job_without_images if {
	finding := {"rule_id": "denied_image", "details": {}}
	_exempted_by([_scoped({"image": "*"})], finding, testing.input_with_images([])) == null
}

test_image_scope_covers_no_unknown_image if {
	image := testing.unknown_image("access-denied")
	finding := {"rule_id": "denied_image", "details": {"slot": image.slot, "image": null}}
	_exempted_by([_scoped({"image": "*"})], finding, testing.input_with_images([image])) == null
}

test_image_scope_covers_no_image_that_the_job_lacks if {
	finding := {"rule_id": "denied_image", "details": {"slot": "Elsewhere", "image": _image.raw}}
	_exempted_by([_scoped({"image": "*"})], finding, testing.document) == null
}

_ours := "123456789012.dkr.ecr.us-east-1.amazonaws.com"

# The owner of a registry chooses the paths in it.
_pulled_from(registry, account, repository) := testing.input_with_images([object.union(_image, {
	"registry": registry,
	"account": account,
	"region": "us-east-1",
	"repository": repository,
	"tag": "1",
	"digest": null,
})])

_entries_with_a_registry := [
	sprintf("%s/team/model", [_ours]),
	sprintf("%s/team/model:1", [_ours]),
	sprintf("%s/team/*", [_ours]),
	"123456789012.dkr.ecr.*.amazonaws.com/team/model",
	"123456789012.dkr.ecr.*/team/*",
]

test_an_entry_with_a_registry_covers_an_image_of_it[entry] if {
	document := _pulled_from(_ours, "123456789012", "team/model")
	some entry in _entries_with_a_registry
	_exempted_by([_scoped({"image": entry})], _finding, document) == "EX-1"
}

test_an_entry_with_a_registry_covers_no_path_like_it_elsewhere[entry] if {
	host := "999999999999.dkr.ecr.us-east-1.amazonaws.com"
	document := _pulled_from(host, "999999999999", sprintf("%s/team/model", [_ours]))
	some entry in _entries_with_a_registry
	_exempted_by([_scoped({"image": entry})], _finding, document) == null
}

test_a_wildcard_in_a_registry_stays_within_its_name if {
	document := _pulled_from("reg.evil.example", null, "x.amazonaws.com/team/model")
	every entry in ["reg.*.amazonaws.com/team/model", "reg.*.amazonaws.com/*"] {
		_exempted_by([_scoped({"image": entry})], _finding, document) == null
	}
}

test_an_entry_without_a_registry_covers_paths_that_end_with_it if {
	document := _pulled_from("reg.example.com:5000", null, "mirror/team/model")
	every entry in ["team/model", "team/*", "reg.example.com:5000/mirror/*", "model:1"] {
		_exempted_by([_scoped({"image": entry})], _finding, document) == "EX-1"
	}
	every entry in ["localhost/team/model", "localhost/team/*", "am/model", "eam/*"] {
		_exempted_by([_scoped({"image": entry})], _finding, document) == null
	}
}
