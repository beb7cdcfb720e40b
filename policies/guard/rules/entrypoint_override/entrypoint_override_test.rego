package guard.rules.entrypoint_override_test

import data.guard.rules.entrypoint_override as rule

_unset := [
	{},
	{"entrypoint_override": null},
	{"entrypoint_override": {"allowed": null, "allow_arguments": null}},
	{"entrypoint_override": {"allowed": "*", "allow_arguments": "*"}},
	{"entrypoint_override": {"allowed": {"any": ["*"]}, "allow_arguments": "*"}},
]

_config := {
	"level": "deny",
	"allowed": [
		["python3", "/opt/ml/processing/input/code/*.py"],
		["/opt/program/train"],
		["run", "*"],
		["julia", "src/**"],
		["julia", "../lib/*.jl"],
		["ruby", "/**"],
		{"entrypoint": ["/bin/bash"], "arguments": ["-c", "chmod +x /opt/*/train.sh && /opt/ml/train.sh"]},
		{"entrypoint": ["/bin/serve"], "arguments": []},
		{
			"entrypoint": ["smspark-submit", "/opt/ml/processing/input/code/*"],
			"options": {"--class": ["*"], "--jars": ["/opt/ml/processing/input/jars", "s3a://team/*"]},
		},
	],
	"allow_arguments": true,
}

_strict := {"level": "deny", "allowed": [], "allow_arguments": false}

_no_arguments := object.union(_config, {"allow_arguments": false})

_job(entrypoint, arguments) := {"command": {"entrypoint": entrypoint, "arguments": arguments}}

_entrypoint(program, words) := {
	"message": sprintf("The job replaces the command of its image by %q (%d words).", [program, words]),
	"details": {"config": "rules.entrypoint_override.allowed", "program": program, "words": words},
}

_arguments(words) := {
	"message": sprintf("The job gives %d arguments to the command of its image.", [words]),
	"details": {"config": "rules.entrypoint_override.allow_arguments", "arguments": words},
}

test_allow_the_image_as_it_is if {
	r := rule.findings with input as _job(null, null) with data.guard.config.rules.entrypoint_override as _strict
	r == set()
}

test_allow_listed_commands[words] if {
	some words in [
		["python3", "/opt/ml/processing/input/code/a.py"],
		["python3", "/opt/ml/processing/input/./code//a.py"],
		["/opt/program/train"],
		["/opt/./program/train"],
		["smspark-submit", "/opt/ml/processing/input/code/a.py"],
		["run", "a"],
		["julia", "src/deep/a.jl"],
		["julia", "src/..a/b..jl"],
		["julia", "../lib/a.jl"],
	]
	r := rule.findings with input as _job(words, ["--x"])
		with data.guard.config.rules.entrypoint_override as _config
	r == set()
}

test_deny_near_misses[words] if {
	some [program, words] in [
		["python3", ["python3"]],
		["python3", ["python3", "-c"]],
		["a.py", ["/opt/ml/processing/input/code/a.py", "python3"]],
		["python3", ["python3", "/opt/ml/processing/input/code/a.py", "x"]],
		["python3", ["python3", "/opt/ml/processing/input/code/../data/evil.py"]],
		["python3", ["python3", "/opt/ml/processing/input/code/more/a.py"]],
		["python3", ["python3", "code/../evil.py"]],
		["train", ["/opt/program/train", "x"]],
		["train", ["/opt/program/../ml/train"]],
		["sh", ["/bin/sh"]],
		["smspark-submit", ["smspark-submit"]],
		["run", ["run"]],
		["run", ["run", ".."]],
		["julia", ["julia", "src/../../tmp/evil.jl"]],
		["julia", ["julia", "src/.."]],
		["julia", ["julia", "../lib/../evil.jl"]],
		["train", ["/opt/ml/../program/train"]],
	]
	r := rule.findings with input as _job(words, null) with data.guard.config.rules.entrypoint_override as _config
	r == {_entrypoint(program, count(words))}
}

_script := "chmod +x /opt/ml/train.sh && /opt/ml/train.sh"

test_allow_the_arguments_of_an_entry[name] if {
	some name, config in {"with others": _config, "with no others": _no_arguments}
	r := rule.findings with input as _job(["/bin/bash"], ["-c", _script])
		with data.guard.config.rules.entrypoint_override as config
	r == set()
}

test_allow_no_arguments_where_an_entry_has_none if {
	r := rule.findings with input as _job(["/bin/serve"], null)
		with data.guard.config.rules.entrypoint_override as _config
	r == set()
}

test_deny_other_arguments_than_those_of_the_entry[arguments] if {
	some arguments in [
		null,
		[],
		["-c"],
		["-c", "rm -rf /"],
		["-c", sprintf("%s; evil", [_script])],
		[_script, "-c"],
		["-c", _script, "x"],
		["-c", "chmod +x /opt/ml/x/train.sh && /opt/ml/train.sh"],
	]
	r := rule.findings with input as _job(["/bin/bash"], arguments)
		with data.guard.config.rules.entrypoint_override as _config
	r == {_entrypoint("bash", 1)}
}

test_deny_arguments_where_the_entry_has_none if {
	r := rule.findings with input as _job(["/bin/serve"], ["x"])
		with data.guard.config.rules.entrypoint_override as _config
	r == {_entrypoint("serve", 1)}
}

_submit(options) := array.flatten(["smspark-submit", options, "/opt/ml/processing/input/code/app.py"])

test_allow_listed_options[options] if {
	some options in [
		["--class", "com.example.Main"],
		["--jars", "/opt/ml/processing/input/jars"],
		["--jars", "/opt/ml/processing//input/jars/,s3a://team/a.jar"],
		["--class", "Main", "--jars", "s3a://team/a.jar"],
	]
	r := rule.findings with input as _job(_submit(options), ["--date", "x"])
		with data.guard.config.rules.entrypoint_override as _config
	r == set()
}

test_deny_other_options[options] if {
	some options in [
		["--verbose"],
		["--conf", "spark.driver.extraJavaOptions=x"],
		["--class"],
		["--class", "Main", "--jars"],
		["--jars", "s3a://evil/a.jar"],
		["--jars", "s3a://team/x/a.jar"],
		["--jars", "s3a://team/a.jar,s3a://evil/a.jar"],
		["--jars", "/opt/ml/processing/input/jars/../evil"],
		["Main", "--class"],
		["--class", "a/b"],
	]
	r := rule.findings with input as _job(_submit(options), null)
		with data.guard.config.rules.entrypoint_override as _config
	r == {_entrypoint("smspark-submit", count(options) + 2)}
}

test_only_the_name_of_the_program_is_shown[word] if {
	some [word, program] in [
		["TOKEN=hunter2 python", "TOKEN"],
		["TOKEN=/a/hunter2", "TOKEN"],
		["python hunter2", "python"],
		["/usr/bin/python3.11\thunter2", "python3.11"],
		["python\n/hunter2", "python"],
		["python;hunter2", "python"],
		["https://user:hunter2@host/x", "https"],
		["g++_x-1", "g++_x-1"],
		["bin/", ""],
		[" hunter2", ""],
	]
	r := rule.findings with input as _job([word], null) with data.guard.config.rules.entrypoint_override as _config
	r == {_entrypoint(program, 1)}
}

test_deny_empty_command if {
	r := rule.findings with input as _job([], null) with data.guard.config.rules.entrypoint_override as _config
	r == {_entrypoint("", 0)}
}

test_deny_arguments if {
	r := rule.findings with input as _job(null, ["--key", "x"])
		with data.guard.config.rules.entrypoint_override as _strict
	r == {_arguments(2)}
}

test_deny_arguments_of_a_command_without_arguments_of_its_own if {
	r := rule.findings with input as _job(["/opt/program/train"], ["x"])
		with data.guard.config.rules.entrypoint_override as _no_arguments
	r == {_arguments(1)}
}

test_deny_both if {
	r := rule.findings with input as _job(["/opt/program/train"], [])
		with data.guard.config.rules.entrypoint_override as _strict
	r == {_entrypoint("train", 1), _arguments(0)}
}

test_deny_everything_when_the_parameters_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job(["a"], ["b"]) with data.guard.config.rules as rules
		r == {_entrypoint("a", 1), _arguments(1)}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "ContainerEntrypoint")
