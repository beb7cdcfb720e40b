package guard.lib.kinds_test

import data.guard.lib.kinds

test_names_known_kinds if kinds.named(["training", "labeling"]) == ["training", "labeling"]

test_names_nothing_by_what_is_no_list_of_known_kinds if {
	every given in [["labeling", "labelling"], ["Training"], ["*"], "training", {"a": "training"}, null, [null], []] {
		kinds.named(given) == []
	}
}
