package guard.lib.settings_test

import data.guard.lib.settings

_config := {"list": ["a"], "mapping": {"a": 1}, "number": 3, "flag": true, "empty": null, "off": false}

test_given_values if {
	settings.list(_config, "list", []) == ["a"]
	settings.mapping(_config, "mapping", {}) == {"a": 1}
	settings.number(_config, "number", 0) == 3
	settings.flag(_config, "flag", false) == true
	settings.flag(_config, "off", true) == false
}

test_fallback_for_absent if {
	settings.list(_config, "x", ["*"]) == ["*"]
	settings.mapping(_config, "x", {}) == {}
	settings.number(_config, "x", 0) == 0
	settings.flag(_config, "x", true) == true
}

test_fallback_for_null if {
	settings.list(_config, "empty", ["*"]) == ["*"]
	settings.number(_config, "empty", 0) == 0
}

test_fallback_for_another_type if {
	settings.list(_config, "mapping", ["*"]) == ["*"]
	settings.mapping(_config, "list", {}) == {}
	settings.number(_config, "flag", 0) == 0
	settings.flag(_config, "number", true) == true
}

test_fallback_for_a_configuration_that_is_no_mapping if settings.list(null, "list", ["*"]) == ["*"]
