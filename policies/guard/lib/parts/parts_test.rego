package guard.lib.parts_test

import data.guard.lib.parts
import future.keywords.not

_job(has) := {"job": {"parts": has}}

test_has_what_the_document_lists if parts.has("vpc", _job(["image", "vpc"]))

test_has_not_what_the_document_leaves_out if not parts.has("vpc", _job(["image"]))

test_has_no_known_part_in_an_empty_list if {
	names := {
		"image", "instance-count", "instances", "max-runtime", "network-isolation", "remote-debug", "spot",
		"traffic-encryption", "volumes", "vpc", "warm-pool",
	}
	every part in names {
		not parts.has(part, _job([]))
	}
}

test_has_everything_in_a_document_from_before if {
	every document in [{"job": {}}, {}, _job(null), _job("image")] {
		parts.has("vpc", document)
	}
}

test_has_a_part_that_nobody_knows if parts.has("vcp", _job(["image"]))
