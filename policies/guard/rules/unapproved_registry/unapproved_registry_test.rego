package guard.rules.unapproved_registry_test

import data.guard.rules.unapproved_registry as rule
import data.guard.testing

_unset := [
	{},
	{"unapproved_registry": null},
	{"unapproved_registry": {"allowed": null}},
	{"unapproved_registry": {"allowed": "*"}},
	{"unapproved_registry": {"allowed": {"any": {"account": "*"}}}},
]

_config := {"level": "deny", "allowed": [
	{"account": "123456789012"},
	{"account": ["763104351884", "683313688378"], "region": "eu-*", "repository": ["pytorch-*", "sklearn"]},
	{"registry": "registry.example.com:5000", "repository": "ml/*"},
	{"registry": "public.ecr.aws", "repository": "team/*"},
	{"repository": "anywhere"},
	{},
	{"account": "111122223333", "regoin": "*"},
]}

_ecr(account, region, repository) := {
	"slot": "AppSpecification.ImageUri",
	"raw": sprintf("%s.dkr.ecr.%s.amazonaws.com/%s:1", [account, region, repository]),
	"registry": sprintf("%s.dkr.ecr.%s.amazonaws.com", [account, region]),
	"account": account,
	"region": region,
	"repository": repository,
	"error": null,
}

_private(registry, repository) := {
	"slot": "AppSpecification.ImageUri",
	"raw": sprintf("%v/%s:1", [registry, repository]),
	"registry": registry,
	"account": null,
	"region": null,
	"repository": repository,
	"error": null,
}

_unapproved(image) := {
	"message": sprintf("Image %s at AppSpecification.ImageUri doesn't come from an approved registry.", [image.raw]),
	"details": {
		"config": "rules.unapproved_registry.allowed",
		"slot": "AppSpecification.ImageUri",
		"image": image.raw,
		"registry": image.registry,
		"account": image.account,
		"region": image.region,
		"repository": image.repository,
	},
}

test_allow_approved_images if {
	images := [
		_private("public.ecr.aws", "team/image"),
		_private("ecr-public.aws.com", "team/image"),
		_ecr("123456789012", "us-east-1", "own/image"),
		_ecr("763104351884", "eu-west-1", "pytorch-training"),
		_ecr("683313688378", "eu-west-1", "sklearn"),
		_private("registry.example.com:5000", "ml/a/b"),
	]
	r := rule.findings with input as {"images": images} with data.guard.config.rules.unapproved_registry as _config
	r == set()
}

test_allow_the_default_port_written_or_not[note] if {
	some note, [allowed, registry] in {
		"in the image": ["registry.example.com", "registry.example.com:443"],
		"in the entry": ["registry.example.com:443", "registry.example.com"],
		"in both": ["registry.example.com:443", "registry.example.com:443"],
		"of ECR Public": ["public.ecr.aws", "ecr-public.aws.com:443"],
	}
	config := {"allowed": [{"registry": allowed}]}
	r := rule.findings with input as {"images": [_private(registry, "ml/a")]}
		with data.guard.config.rules.unapproved_registry as config
	r == set()
}

test_deny_another_port_than_the_default[registry] if {
	some registry in ["registry.example.com:5000", "registry.example.com:4430", "registry.example.com:8443"]
	image := _private(registry, "ml/a")
	every allowed in ["registry.example.com", "registry.example.com:443", "*:443"] {
		config := {"allowed": [{"registry": allowed}]}
		r := rule.findings with input as {"images": [image]} with data.guard.config.rules.unapproved_registry as config
		r == {_unapproved(image)}
	}
}

_near_misses := {
	"another account": _ecr("210987654321", "us-east-1", "own/image"),
	"another region": _ecr("763104351884", "us-east-1", "pytorch-training"),
	"another repository": _ecr("763104351884", "eu-west-1", "xpytorch-training"),
	"longer repository": _ecr("763104351884", "eu-west-1", "sklearn-x"),
	"another port": _private("registry.example.com", "ml/a"),
	"another host": _private("registry.example.com:5000.evil.example", "ml/a"),
	"repository outside the glob": _private("registry.example.com:5000", "mlx/a"),
	"host that looks like an account": _private("123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example", "a"),
	"no registry": _private(null, "own/image"),
	"another registry": _private("ecr.example.com", "team/image"),
	"entry without a registry": _private("docker.io", "anywhere"),
	"entry with a misspelt key": _ecr("111122223333", "eu-west-1", "a"),
}

test_deny_near_misses[name] if {
	some name, image in _near_misses
	r := rule.findings with input as {"images": [image]} with data.guard.config.rules.unapproved_registry as _config
	r == {_unapproved(image)}
}

test_deny_only_the_second_image if {
	images := [_ecr("123456789012", "us-east-1", "a"), _ecr("210987654321", "us-east-1", "a")]
	r := rule.findings with input as {"images": images} with data.guard.config.rules.unapproved_registry as _config
	r == {_unapproved(images[1])}
}

_aws := {"allowed": [{"aws": true, "repository": ["pytorch-*", "own"]}]}

test_allow_images_of_aws if {
	images := [
		_ecr("763104351884", "eu-west-1", "pytorch-training"),
		_ecr("727897471807", "cn-north-1", "pytorch-inference"),
	]
	r := rule.findings with input as {"images": images} with data.guard.config.rules.unapproved_registry as _aws
	r == set()
}

test_deny_what_only_looks_like_images_of_aws[note] if {
	some note, image in {
		"another account": _ecr("123456789012", "eu-west-1", "pytorch-training"),
		"another region": _ecr("763104351884", "us-gov-west-1", "pytorch-training"),
		"a repository that AWS doesn't publish": _ecr("763104351884", "eu-west-1", "own"),
		"a repository outside of the entry": _ecr("763104351884", "eu-west-1", "tensorflow-training"),
		"no account": _private("registry.example.com", "pytorch-training"),
	}
	r := rule.findings with input as {"images": [image]} with data.guard.config.rules.unapproved_registry as _aws
	r == {_unapproved(image)}
}

test_deny_images_of_aws_where_the_entry_says_false if {
	image := _ecr("763104351884", "eu-west-1", "pytorch-training")
	every value in [false, null, "true"] {
		r := rule.findings with input as {"images": [image]}
			with data.guard.config.rules.unapproved_registry as {"allowed": [{"aws": value, "account": "*"}]}
		r == {_unapproved(image)}
	}
}

_unknown := {
	"slot": "AlgorithmSpecification.TrainingImage",
	"raw": null,
	"registry": null,
	"account": null,
	"region": null,
	"repository": null,
	"error": {"code": "access-denied", "message": "no"},
}

test_deny_unknown_image if {
	r := rule.findings with input as {"images": [_unknown]}
		with data.guard.config.rules.unapproved_registry as _config
	r == {{
		"message": "The image at AlgorithmSpecification.TrainingImage is not known (access-denied), so it is not approved.",
		"details": {
			"config": "rules.unapproved_registry.allowed",
			"slot": "AlgorithmSpecification.TrainingImage",
			"image": null,
			"error": "access-denied",
		},
	}}
}

_not_known(code) := {
	"message": sprintf("The image at JobConfigDocument is not known (%s), so it is not approved.", [code]),
	"details": {
		"config": "rules.unapproved_registry.allowed",
		"slot": "JobConfigDocument",
		"image": null,
		"error": code,
	},
}

_managed := object.union(_unknown, {"slot": "JobConfigDocument", "error": {"code": "managed"}})

test_allow_the_services_own_image_beside_those_that_the_job_names[kind] if {
	own := _ecr("123456789012", "us-east-1", "a")
	other := _ecr("210987654321", "us-east-1", "a")
	some kind in ["customization", "labeling", "optimization"]
	r := rule.findings with input as {"job": {"kind": kind}, "images": [_managed, own, other]}
		with data.guard.config.rules.unapproved_registry as _config
	r == {_unapproved(other)}
}

test_deny_an_unknown_image_that_a_document_names if {
	unparseable := object.union(_managed, {"error": {"code": "unparseable"}})
	r := rule.findings with input as {"job": {"kind": "customization"}, "images": [_managed, unparseable]}
		with data.guard.config.rules.unapproved_registry as _config
	r == {_not_known("unparseable")}
}

test_deny_every_image_when_the_list_is_missing if {
	image := _ecr("123456789012", "us-east-1", "a")
	every rules in _unset {
		r := rule.findings with input as {"images": [image]} with data.guard.config.rules as rules
		r == {_unapproved(image)}
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "approved registry")

test_exports_its_needs if rule.needs == ["image"]

test_allow_while_the_fact_is_unavailable if {
	document := testing.input_with_images([testing.unknown_image("unavailable")])
	r := rule.findings with input as document with data.guard.config.rules.unapproved_registry as {}
	r == set()
}
