package guard.rules.script_mode_test

import data.guard.rules.script_mode as rule

_unset := [
	{},
	{"script_mode": null},
	{"script_mode": {"buckets": null, "container_paths": null, "code_inputs": null, "code_paths": null}},
	{"script_mode": {"buckets": "*", "container_paths": "*", "code_inputs": "*", "code_paths": "*"}},
]

_config := {
	"level": "deny",
	"buckets": ["team-code", "sagemaker-eu-*"],
	"container_paths": ["/opt/ml/code", "/opt/ml/code/*"],
	"code_inputs": ["code", "sm_*"],
	"code_paths": ["/opt/ml/processing/input/code"],
}

_job(hyperparameters, environment, inputs) := {
	"hyperparameters": [{"slot": "HyperParameters", "name": name, "value": value} |
		some [name, value] in hyperparameters
	],
	"environment": [{"slot": "Environment", "name": name, "value": value} | some [name, value] in environment],
	"storage": {"inputs": inputs},
}

_settings(hyperparameters) := _job(hyperparameters, [], [])

_input(name, bucket, local_path) := {"name": name, "bucket": bucket, "local_path": local_path}

_inputs(inputs) := _job([], [], inputs)

_shown(bucket) := {null: "a place outside S3"}[bucket]

_shown(bucket) := sprintf("bucket %s", [bucket]) if is_string(bucket)

_setting_finding(slot, name, bucket) := {
	"message": sprintf("The setting %s in %s loads code from %s, which is not approved.", [name, slot, _shown(bucket)]),
	"details": {
		"config": "rules.script_mode.buckets",
		"slot": slot,
		"setting": name,
		"bucket": bucket,
		"allowed": _config.buckets,
	},
}

_input_finding(place) := {
	"message": sprintf("The input %s brings code from %s, which is not approved.", [place.name, _shown(place.bucket)]),
	"details": {
		"config": "rules.script_mode.buckets",
		"input": place.name,
		"local_path": place.local_path,
		"bucket": place.bucket,
		"allowed": _config.buckets,
	},
}

test_deny_another_server_for_s3 if {
	job := _job(
		[["sagemaker_submit_directory", "s3://team-code/sourcedir.tar.gz"]],
		[["S3_ENDPOINT_URL", "https://evil.example"]],
		[],
	)
	r := rule.findings with input as job with data.guard.config.rules.script_mode as _config
	r == {{
		"message": concat(" ", [
			"The setting S3_ENDPOINT_URL in Environment loads code from a server that is not S3:",
			"bucket names there prove nothing.",
		]),
		"details": {"config": "rules.script_mode", "slot": "Environment", "setting": "S3_ENDPOINT_URL"},
	}}
}

test_allow_s3s_own_server if {
	r := rule.findings with input as _job([], [["S3_ENDPOINT_URL", "https://s3.eu-west-1.amazonaws.com"]], [])
		with data.guard.config.rules.script_mode as _config
	r == set()
}

_approved_directories := {
	"quoted": `"s3://team-code/a/sourcedir.tar.gz"`,
	"plain": "s3://team-code/a/sourcedir.tar.gz",
	"glob": "s3://sagemaker-eu-west-1-123456789012/a",
	"in the container": "/opt/ml/code",
	"below it": `"/opt/ml/code/a"`,
	"as a file": "file:///opt/ml/code",
	"with white space": "/opt/ml/code/a b",
	"the default, as the SDK writes it": "",
	"the default in quotes": `""`,
}

test_allow_approved_directory[name] if {
	some name, value in _approved_directories
	r := rule.findings with input as _settings([["sagemaker_submit_directory", value]])
		with data.guard.config.rules.script_mode as _config
	r == set()
}

_denied_directories := {
	"quoted": [`"s3://other/a"`, "other"],
	"plain": ["s3://other/team-code", "other"],
	"longer bucket": ["s3://team-code-x/a", "team-code-x"],
	"https": ["https://team-code.s3.amazonaws.com/a", null],
	"another path": ["/opt/ml/input/data/train", null],
	"longer path": ["/opt/ml/code-x", null],
	"path out of it": ["/opt/ml/code/../input", null],
	"relative": ["code", null],
	"number": ["1", null],
	"quoted twice": [`"\"s3://team-code/a\""`, null],
}

test_deny_other_directory[name] if {
	some name, [value, bucket] in _denied_directories
	r := rule.findings with input as _settings([["sagemaker_submit_directory", value]])
		with data.guard.config.rules.script_mode as _config
	r == {_setting_finding("HyperParameters", "sagemaker_submit_directory", bucket)}
}

test_deny_directory_of_the_environment if {
	r := rule.findings with input as _job([], [["SAGEMAKER_SUBMIT_DIRECTORY", "s3://other/a"]], [])
		with data.guard.config.rules.script_mode as _config
	r == {_setting_finding("Environment", "SAGEMAKER_SUBMIT_DIRECTORY", "other")}
}

_no_buckets := {"password": "user:pw@other", "capitals": "OTHER", "query": "other?pw", "short": "pw"}

test_text_that_is_no_bucket_name_is_not_shown_of_a_setting[name] if {
	some name, text in _no_buckets
	r := rule.findings with input as _settings([["sagemaker_submit_directory", sprintf("s3://%s/a", [text])]])
		with data.guard.config.rules.script_mode as _config
	r == {object.union(_setting_finding("HyperParameters", "sagemaker_submit_directory", null), {"message": concat(" ", [
		"The setting sagemaker_submit_directory in HyperParameters loads code from S3",
		"with an invalid bucket name, which is not approved.",
	])})}
}

test_text_that_is_no_bucket_name_is_not_shown_of_an_input[name] if {
	some name, text in _no_buckets
	r := rule.findings with input as _inputs([_input("code", text, null)])
		with data.guard.config.rules.script_mode as _config
	r == {object.union(_input_finding(_input("code", null, null)), {"message": concat(" ", [
		"The input code brings code from S3 with an invalid bucket name, which is not approved.",
	])})}
}

test_allow_program_of_the_environment if {
	r := rule.findings with input as _job([], [["SAGEMAKER_PROGRAM", "train.py"]], [])
		with data.guard.config.rules.script_mode as _config
	r == set()
}

test_allow_program[value] if {
	some value in [`"train.py"`, "src/train.py", "./src/train.py", "/opt/ml/code/train.py", "s3://team-code/train.py"]
	r := rule.findings with input as _settings([["sagemaker_program", value]])
		with data.guard.config.rules.script_mode as _config
	r == set()
}

_denied_programs := {
	"option of the interpreter": [`-cexec(open('/opt/ml/input/data/x').read())#.py`, null],
	"commands of a shell": ["x;sh /opt/ml/input/data/x.sh", null],
	"out of the directory and on": ["src/../../input/x.py", null],
	"white space": ["a b.py", null],
	"commands behind a path": ["/opt/ml/code/a.sh;sh /opt/ml/code/b.sh", null],
	"hidden": [".a.py", null],
	"out of the directory behind a dot": ["./../a.py", null],
	"another bucket": [`"s3://other/train.py"`, "other"],
	"data": ["/opt/ml/input/data/train/x.py", null],
	"out of the directory": ["../input/data/train/x.py", null],
	"https": ["https://other.example/x.py", null],
}

test_deny_program[name] if {
	some name, [value, bucket] in _denied_programs
	r := rule.findings with input as _settings([["sagemaker_program", value]])
		with data.guard.config.rules.script_mode as _config
	r == {_setting_finding("HyperParameters", "sagemaker_program", bucket)}
}

_base_directory(value) := _job([], [["SAGEMAKER_BASE_DIR", value]], [])

test_deny_another_base_directory[value] if {
	some value in ["/opt/ml/input/data/x", "/opt/ml2", "/opt/ml/../x", "opt/ml"]
	r := rule.findings with input as _base_directory(value) with data.guard.config.rules.script_mode as _config
	r == {_setting_finding("Environment", "SAGEMAKER_BASE_DIR", null)}
}

test_allow_the_base_directory_that_is_the_default[value] if {
	some value in ["", "/opt/ml"]
	r := rule.findings with input as _base_directory(value) with data.guard.config.rules.script_mode as _config
	r == set()
}

test_allow_other_settings if {
	r := rule.findings with input as _job([["sagemaker_job_name", "s3://other/a"]], [["DATA", "s3://other/a"]], [])
		with data.guard.config.rules.script_mode as _config
	r == set()
}

test_deny_both_settings if {
	settings := _settings([["sagemaker_submit_directory", "s3://other/a"], ["sagemaker_program", "s3://evil/b"]])
	r := rule.findings with input as settings with data.guard.config.rules.script_mode as _config
	r == {
		_setting_finding("HyperParameters", "sagemaker_submit_directory", "other"),
		_setting_finding("HyperParameters", "sagemaker_program", "evil"),
	}
}

_denied_inputs := {
	"by name": _input("code", "other", null),
	"by a glob of names": _input("sm_drivers", "other", "/x"),
	"by path": _input("x", "other", "/opt/ml/processing/input/code"),
	"below the path": _input("x", "other", "/opt/ml/processing/input/code/src"),
	"by path with slashes": _input("x", "other", "/opt//ml/processing/./input/code/"),
	"by path that leads anywhere": _input("x", "other", "/opt/ml/x/../processing/input/code"),
	"by relative path": _input("x", "other", "opt/ml"),
	"unknown bucket": _input("code", null, null),
	"in the folder of all channels": _input(".", "other", null),
	"above the folder of all channels": _input("..", "other", null),
}

test_deny_code_input[name] if {
	some name, place in _denied_inputs
	r := rule.findings with input as _inputs([place, _input("code", "team-code", "/opt/ml/processing/input/code")])
		with data.guard.config.rules.script_mode as _config
	r == {_input_finding(place)}
}

test_allow_data_inputs if {
	inputs := [
		_input("train", "other", null),
		_input("train", "other", "/opt/ml/processing/input/codex"),
		_input("train", "other", "/opt/ml/processing/input/data"),
		_input("xcode", "other", "/opt/ml/processing/input"),
		_input("...", "other", null),
	]
	r := rule.findings with input as _inputs(inputs) with data.guard.config.rules.script_mode as _config
	r == set()
}

_restored(bucket, local_path) := {"name": "CheckpointConfig", "bucket": bucket, "local_path": local_path}

_outputs(outputs) := object.union(_job([], [], []), {"storage": {"outputs": outputs}})

_checkpoint_finding(place) := {
	"message": sprintf("The checkpoint %s brings code from %s, which is not approved.", [
		place.name,
		_shown(place.bucket),
	]),
	"details": {
		"config": "rules.script_mode.buckets",
		"output": place.name,
		"local_path": place.local_path,
		"bucket": place.bucket,
		"allowed": _config.buckets,
	},
}

_denied_checkpoints := {
	"over a code path": _restored("other", "/opt/ml/processing/input/code"),
	"below it": _restored("other", "/opt/ml/processing/input/code/src/"),
	"above it": _restored("other", "/opt/ml/processing"),
	"over the code of the container": _restored("other", "/opt/ml/code"),
	"below that": _restored("other", "/opt/ml/code/src"),
	"over all of the container": _restored("other", "/"),
	"in a path that leads anywhere": _restored("other", "/tmp/../opt/ml/code"),
	"in a relative path": _restored("other", "code"),
	"from an unknown bucket": _restored(null, "/opt/ml/code"),
}

test_deny_checkpoint_over_code[name] if {
	some name, place in _denied_checkpoints
	r := rule.findings with input as _outputs([place, _restored("team-code", "/opt/ml/code")])
		with data.guard.config.rules.script_mode as _config
	r == {_checkpoint_finding(place)}
}

_config_of_globs := object.union(_config, {"container_paths": ["/workspace/*/src", "/workspace/*/src/*"]})

test_deny_checkpoint_above_what_a_glob_matches[folder] if {
	some folder in ["/", "/workspace", "/workspace/app", "/workspace/app/src/"]
	r := rule.findings with input as _outputs([_restored("other", folder)])
		with data.guard.config.rules.script_mode as _config_of_globs
	r == {_checkpoint_finding(_restored("other", folder))}
}

test_allow_checkpoint_beside_what_a_glob_matches[folder] if {
	some folder in ["/opt/ml/checkpoints", "/workspaces", "/workspaces/app"]
	r := rule.findings with input as _outputs([_restored("other", folder)])
		with data.guard.config.rules.script_mode as _config_of_globs
	r == set()
}

test_allow_checkpoints_beside_code if {
	outputs := [
		_restored("other", null),
		_restored("other", "/opt/ml/checkpoints"),
		_restored("other", "/opt/ml/codex"),
		_restored("other", "/opt/ml/processing/input/data"),
		{"name": "TensorBoardOutputConfig", "bucket": "other", "local_path": "/opt/ml/code"},
	]
	r := rule.findings with input as _outputs(outputs) with data.guard.config.rules.script_mode as _config
	r == set()
}

test_deny_every_checkpoint_when_the_list_of_paths_is_missing if {
	r := rule.findings with input as _outputs([_restored("other", null)])
		with data.guard.config.rules.script_mode as object.remove(_config, ["code_paths"])
	r == {_checkpoint_finding(_restored("other", "/opt/ml/checkpoints"))}
}

_closed(finding) := object.union(finding, {"details": {"allowed": []}})

test_deny_everything_when_the_lists_are_missing if {
	inputs := [_input("train", "team-code", null), _input("test", "team-code", "/data")]
	job := _job([["sagemaker_submit_directory", "s3://team-code/a"]], [["SAGEMAKER_PROGRAM", "/opt/ml/code/a.py"]], inputs)
	every rules in _unset {
		r := rule.findings with input as job with data.guard.config.rules as rules
		r == {
			_closed(_setting_finding("HyperParameters", "sagemaker_submit_directory", "team-code")),
			_closed(_setting_finding("Environment", "SAGEMAKER_PROGRAM", null)),
			_closed(_input_finding(inputs[0])),
			_closed(_input_finding(inputs[1])),
		}
	}
}

test_deny_every_path_when_the_list_of_paths_is_missing if {
	place := _input("x", "other", "/data")
	r := rule.findings with input as _inputs([place])
		with data.guard.config.rules.script_mode as object.remove(_config, ["code_paths"])
	r == {_input_finding(place)}
}

test_deny_every_path_when_the_paths_are_no_list if {
	place := _input("x", "other", "/data")
	config := object.union(_config, {"code_paths": {"a": "/opt/ml"}})
	r := rule.findings with input as _inputs([place]) with data.guard.config.rules.script_mode as config
	r == {_input_finding(place)}
}

test_remediation_says_what_to_do if contains(rule.remediation, "code")

_run(entrypoint, arguments) := object.union(
	_job([], [], []),
	{"command": {"entrypoint": entrypoint, "arguments": arguments}},
)

_driver := ["/bin/bash", "/opt/ml/input/data/sagemaker_remote_function_bootstrap/job_driver.sh"]

_base_finding(bucket) := {
	"message": sprintf("The command's option --s3_base_uri loads code from %s, which is not approved.", [_shown(bucket)]),
	"details": {
		"config": "rules.script_mode.buckets",
		"option": "--s3_base_uri",
		"bucket": bucket,
		"allowed": _config.buckets,
	},
}

test_deny_functions_from_other_places[note] if {
	some note, [entrypoint, arguments, bucket] in {
		"two words": [_driver, ["--region", "eu-west-1", "--s3_base_uri", "s3://other/a"], "other"],
		"one word": [_driver, ["--s3_base_uri=s3://other/a"], "other"],
		"a beginning": [_driver, ["--s3_base", "s3://other/a"], "other"],
		"the shortest beginning": [_driver, ["--s3_b", "s3://other/a"], "other"],
		"a shell's": [null, ["sh", "-c", `python -m sagemaker.remote_function.x --"s3_base_uri" s3://other/a`], "other"],
		"no bucket": [_driver, ["--s3_base_uri", "file:///opt/ml/code"], null],
		"the last counts": [_driver, ["--s3_base_uri", "s3://team-code/a", "--s3_base_uri", "s3://other/a"], "other"],
		"in both parts": [array.concat(_driver, ["--s3_base_uri"]), ["s3://other/a"], "other"],
	}
	r := rule.findings with input as _run(entrypoint, arguments) with data.guard.config.rules.script_mode as _config
	r == {_base_finding(bucket)}
}

test_allow_functions_from_approved_places[note] if {
	some note, [entrypoint, arguments] in {
		"approved": [_driver, ["--s3_base_uri", "s3://team-code/a"]],
		"another option": [_driver, ["--s3_bucket", "s3://other/a"]],
		"another word": [_driver, ["x--s3_base_uri", "s3://other/a"]],
		"no value": [_driver, ["--s3_base_uri"]],
		"another program": [["python3", "a.py"], ["--s3_base_uri", "s3://other/a"]],
		"no arguments": [_driver, null],
	}
	r := rule.findings with input as _run(entrypoint, arguments) with data.guard.config.rules.script_mode as _config
	r == set()
}
