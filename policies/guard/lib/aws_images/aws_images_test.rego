package guard.lib.aws_images_test

import data.guard.lib.aws_images
import future.keywords.not

_image(account, region, repository) := {"account": account, "region": region, "repository": repository}

_training := _image("763104351884", "eu-west-1", "pytorch-training")

test_published[image] if {
	some image in [
		_training,
		_image("727897471807", "cn-north-1", "pytorch-training"),
		_image("141502667606", "eu-west-1", "sagemaker-xgboost"),
	]
	aws_images.published(image)
}

_others := [
	_image("763104351884", "us-gov-west-1", "pytorch-training"),
	_image("123456789012", "eu-west-1", "pytorch-training"),
	_image("763104351884", "eu-west-1", "team/pytorch-training"),
	_image("763104351884", "eu-west-1", "pytorch-training-x"),
	_image("763104351884", "mars-1", "pytorch-training"),
	_image("63104351884", "eu-west-1", "pytorch-training"),
	_image("763104351884", "eu-west", "pytorch-training"),
	_image(null, null, "pytorch-training"),
	_image(null, "eu-west-1", "pytorch-training"),
	_image("763104351884", null, "pytorch-training"),
	_image("763104351884", "eu-west-1", null),
	_image("763104351884", "eu-west-1", "sagemaker-debugger-rules"),
]

test_not_published[image] if {
	some image in _others
	not aws_images.published(image)
	not aws_images.framework(image)
	not aws_images.without_versions(image)
}

_debugger := _image("929884845733", "eu-west-1", "sagemaker-debugger-rules")

test_without_versions if {
	aws_images.without_versions(_debugger)
	not aws_images.without_versions(_training)
}

test_framework if {
	aws_images.framework(_training) == "pytorch"
	aws_images.framework(_image("141502667606", "eu-west-1", "sagemaker-xgboost")) == "xgboost"
	not aws_images.framework(_debugger)
}
