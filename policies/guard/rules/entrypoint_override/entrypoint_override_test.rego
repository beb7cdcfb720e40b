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
	"allowed": [["python3", "/opt/ml/processing/input/code/*.py"], ["/opt/program/train"]],
	"allow_arguments": true,
}

_strict := {"level": "deny", "allowed": [], "allow_arguments": false}

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
	some words in [["python3", "/opt/ml/processing/input/code/a.py"], ["/opt/program/train"]]
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
		["train", ["/opt/program/train", "x"]],
		["sh", ["/bin/sh"]],
	]
	r := rule.findings with input as _job(words, null) with data.guard.config.rules.entrypoint_override as _config
	r == {_entrypoint(program, count(words))}
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
