# METADATA
# title: The input contract
# description: |
#   Checks that the input is a document of the schema version that the policies are written for. It compares the keys
#   that a rule may rely on; their types are the responsibility of the guard, which checks documents against the schema.
package guard.lib.contract

import data.guard.lib.times
import future.keywords.not

# METADATA
# description: The version of the documents' schema that the policies are written for.
schema_version := 1

# METADATA
# description: |
#   True if the document has the keys that every document of the schema version has. Keys that were added to the version
#   later may be missing, which means the same as null, and keys that are unknown here are allowed: both are additive.
#   A change to the meaning of another key raises the version.
satisfied(document) if {
	document.schema_version == schema_version
	object.subset(object.keys(document), {
		"account", "actor", "command", "compute", "deny_list", "environment", "hyperparameters", "images", "job",
		"network", "partition", "region", "remote_access", "schema_version", "source", "storage",
	})
	is_object(document.source)
	object.subset(object.keys(document.source), {"id", "time", "type"})
	times.instant(document.source.time)
	is_object(document.job)
	object.subset(object.keys(document.job), {
		"arn", "created_at", "kind", "name", "parent_arn", "role_arn", "role_arns", "secondary_status", "status",
		"tags",
	})
	is_array(document.job.role_arns)
	is_array(document.images)
	every image in document.images {
		is_object(image)
		object.subset(object.keys(image), {
			"account", "digest", "error", "origin", "raw", "region", "registry", "repository", "slot", "tag",
		})
	}
	is_object(document.deny_list.images)
	is_array(document.deny_list.patterns)
}
