# METADATA
# title: The input contract
# description: |
#   Tells documents of the version that the policies are written for from everything else. It compares the keys that a
#   rule may rely on; the types behind them are the producer's duty, checked against the schema.
package guard.lib.contract

import data.guard.lib.times

# METADATA
# description: The version of the documents' schema that the policies are written for.
schema_version := 1

# METADATA
# description: |
#   True if the document has the keys of the schema version, no less and no more than those that may be missing.
satisfied(document) if {
	document.schema_version == schema_version
	_has_document_keys(document)
	_has_source_keys(document.source)
	times.instant(document.source.time)
	_has_job_keys(document.job)
	is_array(document.job.role_arns)
	is_array(document.images)
	every image in document.images {
		_has_image_keys(image)
	}
	is_object(document.deny_list.images)
	is_array(document.deny_list.patterns)
	count(document.deny_list) == 2
}

_has_document_keys(document) if object.keys(document) - _additive == {
	"account", "actor", "command", "compute", "deny_list", "environment", "hyperparameters", "images", "job",
	"network", "partition", "region", "remote_access", "schema_version", "source", "storage",
}

# Keys that came after the first documents of this version were recorded: those have none of them, which means the same
# as null. Such a key belongs here. What can't be null, or gives another key a new meaning, needs a new version.
_additive := {"unavailable"}

_additive_job := {"parts"}

_has_source_keys(source) if {
	is_object(source)
	object.keys(source) == {"id", "time", "type"}
}

_has_job_keys(job) if {
	is_object(job)
	object.keys(job) - _additive_job == {
		"arn", "created_at", "kind", "name", "parent_arn", "role_arn", "role_arns", "secondary_status", "status",
		"tags",
	}
}

_has_image_keys(image) if {
	is_object(image)
	object.keys(image) == {
		"account", "digest", "error", "origin", "raw", "region", "registry", "repository", "slot", "tag",
	}
}
