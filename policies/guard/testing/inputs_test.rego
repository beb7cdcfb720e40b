# METADATA
# title: Input documents for tests
# description: |
#   A complete document of an ordinary training job, and ways to change it. Tests name only what they are about. The
#   file's suffix keeps it out of the bundle.
package guard.testing

# METADATA
# description: The document, with an object merged into it at every depth; lists are replaced.
input_with(patch) := object.union(document, patch)

# METADATA
# description: The image of the document, with an object merged into it.
image(patch) := object.union(document.images[0], patch)

# METADATA
# description: The document with other images.
input_with_images(images) := input_with({"images": images})

# METADATA
# description: An image that isn't known, with the code of its error.
unknown_image(code) := image({
	"raw": null,
	"registry": null,
	"account": null,
	"region": null,
	"repository": null,
	"tag": null,
	"error": {"code": code, "message": "no image"},
})

# METADATA
# description: A document that no shipped rule has to say anything about.
document := {
	"schema_version": 1,
	"source": {"type": "state-change", "id": "event-1", "time": "2025-06-15T12:00:00Z"},
	"account": "111122223333",
	"region": "eu-west-1",
	"partition": "aws",
	"job": {
		"kind": "training",
		"name": "churn-42",
		"arn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-42",
		"status": "InProgress",
		"secondary_status": "Starting",
		"parent_arn": null,
		"created_at": "2025-06-15T11:59:00Z",
		"role_arn": "arn:aws:iam::111122223333:role/Trainer",
		"role_arns": ["arn:aws:iam::111122223333:role/Trainer"],
		"tags": {"team": "churn"},
		"parts": [
			"image", "instance-count", "instances", "max-runtime", "network-isolation", "remote-debug", "spot",
			"traffic-encryption", "volumes", "vpc", "warm-pool",
		],
	},
	"images": [{
		"slot": "AlgorithmSpecification.TrainingImage",
		"raw": "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.3-cpu-py311",
		"registry": "763104351884.dkr.ecr.eu-west-1.amazonaws.com",
		"account": "763104351884",
		"region": "eu-west-1",
		"repository": "pytorch-training",
		"tag": "2.3-cpu-py311",
		"digest": null,
		"origin": {"type": "job", "name": "churn-42"},
		"error": null,
	}],
	"compute": {
		"instances": [{"type": "ml.m5.large", "count": 1}],
		"max_runtime_seconds": 3600,
		"spot": false,
		"keep_alive_seconds": 0,
	},
	"network": {
		"isolated": true,
		"vpc": {"subnets": ["subnet-1"], "security_groups": ["sg-1"]},
		"encrypted_traffic": true,
	},
	"storage": {
		"inputs": [{
			"name": "train",
			"type": "s3",
			"uri": "s3://data/train",
			"bucket": "data",
			"account": null,
			"local_path": null,
		}],
		"outputs": [{
			"name": "model",
			"uri": "s3://models/churn",
			"bucket": "models",
			"account": null,
			"kms_key": "alias/models",
		}],
		"volumes": [{"name": "ResourceConfig", "kms_key": "alias/volumes"}],
	},
	"command": {"entrypoint": null, "arguments": null},
	"hyperparameters": [],
	"environment": [],
	"remote_access": {"debug": false},
	"actor": null,
	"deny_list": {"images": {}, "patterns": []},
}

# METADATA
# description: The document with this patch, whose field a call could not read for now.
input_without(patch, field) := input_with(object.union(patch, {"unavailable": [{
	"operation": "DescribeModel",
	"resource": "m",
	"message": "ThrottlingException",
	"fields": [field],
}]}))
