# METADATA
# title: Parts of a job
# description: |
#   What a job can have, as the document's `job.parts` lists it. A document from before that field, or one that isn't
#   known, has every part: a rule is left out only where it is certain that it can't be satisfied.
package guard.lib.parts

import future.keywords.not

# METADATA
# description: Every part that a rule can need.
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
