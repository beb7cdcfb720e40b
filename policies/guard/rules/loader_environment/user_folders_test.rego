package guard.rules.loader_environment_test

import data.guard.rules.loader_environment as rule

_of_user := {
	"variables": ["PYTHONPATH"],
	"trusted_paths": ["/usr"],
	"user_folders": ["HOME", "XDG_CONFIG_HOME"],
	"user_paths": ["/tmp", "/lib/home"],
}

_user_folder(name) := {
	"message": sprintf("The variable %s in Environment may load code from a folder that the owner can write to.", [name]),
	"details": {"config": "rules.loader_environment.user_folders", "slot": "Environment", "setting": name},
}

test_allow_a_users_folder_where_nothing_of_the_owner_lies[[name, value]] if {
	some name in ["HOME", "XDG_CONFIG_HOME"]
	some value in ["", "/tmp", "/tmp/", "/tmp/x", "/usr/share/x", "/tmp/a:/usr/b:"]
	r := rule.findings with input as _job(name, value) with data.guard.config.rules.loader_environment as _of_user
	r == set()
}

test_deny_a_users_folder_that_the_owner_may_fill[[name, value]] if {
	some name in ["HOME", "XDG_CONFIG_HOME"]
	some value in ["/opt/ml/x", "/tmpx", "/", "x", "~", "/tmp/../opt/ml/x", "/tmp/x:/opt/ml/x", "/tmp/x /opt/ml/x"]
	r := rule.findings with input as _job(name, value) with data.guard.config.rules.loader_environment as _of_user
	r == {_user_folder(name)}
}

test_a_users_path_is_no_place_for_other_variables if {
	r := rule.findings with input as _job("PYTHONPATH", "/tmp/x")
		with data.guard.config.rules.loader_environment as _of_user
	r == {_finding("PYTHONPATH")}
}

test_allow_folders_of_names_that_are_not_listed[name] if {
	some name in ["home", "HOMES", "XHOME"]
	r := rule.findings with input as _job(name, "/opt/ml/x")
		with data.guard.config.rules.loader_environment as _of_user
	r == set()
}

test_a_users_folder_is_found_where_a_checkpoint_lies_at_above_or_below_it[[home, folder]] if {
	some [home, folder, expected] in [
		["/tmp/h", "/tmp/h/.local", {_user_folder("HOME")}],
		["/tmp/h", "/tmp/h", {_user_folder("HOME")}],
		["/tmp/h", "/tmp", {_user_folder("HOME")}],
		["/tmp/h", "/tmp/h2", set()],
		["/tmp/h", null, set()],
		["/lib/home", "/usr/lib/home/.local", {_user_folder("HOME")}],
	]
	r := rule.findings with input as _resumed("HOME", home, folder)
		with data.guard.config.rules.loader_environment as _of_user
	r == expected
}

test_no_path_is_a_users_when_the_list_is_missing if {
	every paths in [null, {"a": "/tmp"}] {
		config := object.union(_of_user, {"user_paths": paths})
		r := rule.findings with input as _job("HOME", "/tmp/x") with data.guard.config.rules.loader_environment as config
		r == {_user_folder("HOME")}
	}
}

test_no_folder_is_a_users_when_the_list_is_missing if {
	every folders in [null, {"a": "HOME"}, []] {
		config := object.union(_of_user, {"user_folders": folders})
		r := rule.findings with input as _job("HOME", "/opt/ml/x") with data.guard.config.rules.loader_environment as config
		r == set()
	}
}

test_the_numbers_of_gits_settings_are_one_name[name] if {
	config := object.union(_config, {"options": {"GIT_CONFIG_KEY_0": `^(?:safe\.directory)$|(.+)`}})
	some [name, expected] in [
		["GIT_CONFIG_KEY_0", {"GIT_CONFIG_KEY_0"}],
		["GIT_CONFIG_KEY_12", {"GIT_CONFIG_KEY_12"}],
		["GIT_CONFIG_KEY_x", set()],
		["git_config_key_1", set()],
		["XGIT_CONFIG_KEY_1", set()],
		["GIT_CONFIG_VALUE_0", set()],
	]
	r := rule.findings with input as _job(name, "alias.x") with data.guard.config.rules.loader_environment as config
	r == {_option(found, "GIT_CONFIG_KEY_0") | some found in expected}
}
