# METADATA
# title: The input contract
# description: |
#   Tells documents of the version that the policies are written for from everything else. It compares the keys that a
#   rule may rely on; the types behind them are the producer's duty, checked against the schema.
package guard.lib.contract

import data.guard.lib.times

# METADATA
# description: True if the document has the keys of schema version 1, no less and no more.
kept(document) if {
	document.schema_version == 1
	object.keys(document) == _document
	_has_keys(document.source, _source)
	times.instant(document.source.time)
	_has_keys(document.job, _job)
	is_array(document.job.role_arns)
	is_array(document.images)
	every image in document.images {
		_has_keys(image, _image)
	}
	_has_keys(document.deny_list, {"images", "patterns"})
	is_object(document.deny_list.images)
	is_array(document.deny_list.patterns)
}

_has_keys(value, keys) if {
	is_object(value)
	object.keys(value) == keys
}

_document := {
	"account",
	"actor",
	"command",
	"compute",
	"deny_list",
	"environment",
	"hyperparameters",
	"images",
	"job",
	"network",
	"partition",
	"region",
	"remote_access",
	"schema_version",
	"source",
	"storage",
}

_source := {"id", "time", "type"}

_job := {
	"arn",
	"created_at",
	"kind",
	"name",
	"parent_arn",
	"role_arn",
	"role_arns",
	"secondary_status",
	"status",
	"tags",
}

_image := {
	"account",
	"digest",
	"error",
	"origin",
	"raw",
	"region",
	"registry",
	"repository",
	"slot",
	"tag",
}
