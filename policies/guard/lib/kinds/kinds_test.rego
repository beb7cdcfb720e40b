package guard.lib.kinds_test

import data.guard.lib.kinds

test_names_known_kinds if kinds.named(["training", "labeling"]) == ["training", "labeling"]

test_names_nothing_by_what_is_no_list_of_known_kinds if {
	every given in [["labeling", "labelling"], ["Training"], ["*"], "training", {"a": "training"}, null, [null], []] {
		kinds.named(given) == []
	}
}

_limits := {
	"needs": {"vpc": ["alpha"], "spot": ["beta"]},
	"kinds": {"training": ["gamma"], "labeling": []},
	"unknown_kinds": ["gamma", "delta"],
}

test_about_others[note] if {
	some note, [kind, has, rule_ids] in {
		"all parts": ["labeling", ["vpc", "spot"], set()],
		"another part": ["labeling", ["spot", "image"], {"alpha"}],
		"no parts": ["labeling", [], {"alpha", "beta"}],
		"another kind": ["training", ["vpc", "spot"], {"gamma"}],
		"a kind of tomorrow": ["of-tomorrow", ["vpc"], {"beta", "gamma", "delta"}],
	}
	others := kinds.about_others(_limits, {"job": {"kind": kind, "parts": has}})
	{rule_id | some rule_id in others} == rule_ids
}

test_documents_from_before_the_parts_lack_nothing if {
	every has in [null, "image", {"image": true}] {
		kinds.about_others(_limits, {"job": {"kind": "labeling", "parts": has}}) == []
	}
	kinds.about_others(_limits, {"job": {"kind": "labeling"}}) == []
}
