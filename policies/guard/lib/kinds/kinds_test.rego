package guard.lib.kinds_test

import data.guard.lib.kinds
import future.keywords.not

_job(kind) := {"job": {"kind": kind}}

test_names_known_kinds if kinds.named(["training", "labeling"]) == ["training", "labeling"]

test_names_nothing_by_what_is_no_list_of_known_kinds if {
	every given in [["labeling", "labelling"], ["Training"], ["*"], "training", {"training": true}, null, [null], []] {
		kinds.named(given) == []
	}
}

test_include_each_that_is_named if {
	every kind in ["training", "labeling"] {
		kinds.include(["training", "labeling"], _job(kind))
	}
}

test_include_no_other if not kinds.include(["training", "labeling"], _job("transform"))

test_include_everything_if_none_is_named if {
	every document in [_job("transform"), _job("of-tomorrow"), {}] {
		kinds.include([], document)
	}
}
