# METADATA
# title: Parts of a job
# description: |
#   What a job can have, as listed in the document's `job.parts`. If a document is older than that field, the job has
#   every part, and every job has a part that is unknown here: a rule is skipped only where it certainly can't be
#   satisfied.
package guard.lib.parts

import future.keywords.not

# METADATA
# description: All parts that a rule can need.
known := {
	"image", "instance-count", "instances", "max-runtime", "network-isolation", "remote-debug", "spot",
	"traffic-encryption", "volumes", "vpc", "warm-pool",
}

# METADATA
# description: True if the document's job has the part, or if that is unknown.
has(part, document) if not _lacks(part, document)

_lacks(part, document) if {
	part in known
	is_array(document.job.parts)
	not part in document.job.parts
}
