package guard.rules.remote_code_test

import data.guard.rules.remote_code as rule

_config := {
	"level": "deny",
	"switches": ["(^|_)trust_remote_code$", "^allow_code$"],
	"index_variables": ["^pip_(extra_)?index_url$", "^uv_index$", "^ca_repository_arn$"],
	"indexes": [
		"packages.example.com",
		"*.internal.example:8080",
		"arn:aws:codeartifact:eu-west-1:111122223333:repository/*",
	],
}

_job(hyperparameters, environment) := {
	"hyperparameters": [{"slot": "HyperParameters", "name": name, "value": value} |
		some name, value in hyperparameters
	],
	"environment": [{"slot": "Environment", "name": name, "value": value} | some name, value in environment],
	"command": {"entrypoint": null, "arguments": null},
}

_run(entrypoint, arguments) := object.union(
	_job({}, {}),
	{"command": {"entrypoint": entrypoint, "arguments": arguments}},
)

_on(slot, name) := {
	"message": sprintf("The setting %s in %s lets a model bring its own code.", [name, slot]),
	"details": {"config": "rules.remote_code.switches", "slot": slot, "setting": name},
}

_index(name, index) := {
	"message": sprintf("The setting %s in Environment installs packages from %s, which is not an approved index.", [
		name,
		index,
	]),
	"details": {"config": "rules.remote_code.indexes", "slot": "Environment", "setting": name, "index": index},
}

_option(option) := {
	"message": sprintf("The option %s of the command lets a model bring its own code.", [option]),
	"details": {"config": "rules.remote_code.switches", "option": option},
}

test_deny_switches_that_are_on[value] if {
	some value in ["true", `"true"`, "1", "yes", "True", "x", "falsely", "2", "nf"]
	r := rule.findings with input as _job({"trust_remote_code": value}, {"OPTION_TRUST_REMOTE_CODE": value})
		with data.guard.config.rules.remote_code as _config
	r == {_on("HyperParameters", "trust_remote_code"), _on("Environment", "OPTION_TRUST_REMOTE_CODE")}
}

test_allow_switches_that_are_off[value] if {
	some value in ["", `""`, "null", "None", `"false"`, "False", "0", "no", "OFF", "'off'", " false ", "n", "F"]
	r := rule.findings with input as _job({"trust_remote_code": value}, {"allow_code": value})
		with data.guard.config.rules.remote_code as _config
	r == set()
}

test_deny_empty_variables_that_images_make_options_of[name] if {
	some name in ["SM_VLLM_TRUST_REMOTE_CODE", "SM_SGLANG_TRUST_REMOTE_CODE"]
	r := rule.findings with input as _job({}, {name: ""}) with data.guard.config.rules.remote_code as _config
	r == {_on("Environment", name)}
}

test_allow_variables_that_images_make_options_of_when_they_are_off[name] if {
	some name, value in {
		"SM_VLLM_TRUST_REMOTE_CODE": "false",
		"SM_HP_TRUST_REMOTE_CODE": "",
		"XSM_VLLM_TRUST_REMOTE_CODE": "",
		"SM_VLLM_X": "",
	}
	r := rule.findings with input as _job({}, {name: value}) with data.guard.config.rules.remote_code as _config
	r == set()
}

test_deny_switches_that_a_value_turns_on[value] if {
	some value in [
		"trust_remote_code=True",
		"pretrained=a/b,trust_remote_code=true,dtype=auto",
		`"pretrained=a/b,trust_remote_code=1"`,
		`{"trust_remote_code": true}`,
		`{"a": {"model_trust_remote_code":"yes"}}`,
		`"{\"trust_remote_code\": true}"`,
		"{'trust_remote_code': True}",
		"dict(trust_remote_code = True)",
		"pretrained=a/b,trustRemoteCode=True",
		"trust_remote_code=T",
		"--trust-remote-code --model x",
		"--x 1 --trust_remote_code=true",
		`["--trust_remote_code", "True"]`,
		"--trust",
		"--model.trust_remote_code true",
		"a=1\nallow_code: on",
		"trust_remote_code=2",
		"a=trust_remote_code=1",
		"trust_remote_code=no,trust_remote_code=1",
		`{"trust_remote_code": 2}`,
		`{"trust_remote_code"
:
true}`,
		`{"trust_remote\u005fcode": true}`,
		`"{\"trust_remote\\u005fcode\": true}"`,
		`["\u002d-trust_remote_code"]`,
		`{"--trust_remote_code": 2}`,
	]
	r := rule.findings with input as _job({"model_args": value}, {}) with data.guard.config.rules.remote_code as _config
	r == {_on("HyperParameters", "model_args")}
}

test_allow_values_that_turn_no_switch_on[value] if {
	some value in [
		"trust_remote_code",
		"trust_remote_code=False",
		"trust_remote_code=",
		`{"trust_remote_code": null, "use_fast": true}`,
		"distrust_remote_code=True",
		"trust_remote_codes=True",
		"trust_remote_code=n",
		"trust_remote_code=f;x=1",
		`{"trust_remote\u005fcode": f\u0061lse}`,
		`{"trust_remote_code":
null}`,
		`{"--trust_remote_code": false}`,
		"--trust_remote_code None",
		"trust_remote_code.x=True",
		"trust_remote_code_off and a=True",
		"--trust-remote-code false --model x",
		`["--trust_remote_code", "False"]`,
		"--truncate --true",
		"if $trust_remote_code = 1",
	]
	r := rule.findings with input as _job({"model_args": value}, {"MODEL_ARGS": value})
		with data.guard.config.rules.remote_code as _config
	r == set()
}

test_deny_switches_that_a_word_of_the_command_turns_on if {
	every words in [
		["lm_eval", "--model_args", "pretrained=a/b,trust_remote_code=True"],
		["sh", "-c", `serve --hf-overrides '{"trust_remote_code": true}'`],
		["serve", "a,trust_remote_code=1", "b"],
		["serve", "trust_remote_code=1", "b"],
	] {
		r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
		r == {{
			"message": "A word of the command lets a model bring its own code.",
			"details": {"config": "rules.remote_code.switches"},
		}}
	}
}

test_allow_words_of_the_command_that_turn_no_switch_on if {
	every words in [["serve", "trust_remote_code=", "b"]] {
		r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
		r == set()
	}
}

test_deny_a_setting_that_turns_a_switch_on_behind_another if {
	r := rule.findings with input as _job({"a": "x", "b": "trust_remote_code=1"}, {})
		with data.guard.config.rules.remote_code as _config
	r == {_on("HyperParameters", "b")}
}

test_deny_only_the_setting_that_turns_a_switch_on if {
	config := {"switches": ["^allow_code$"], "index_variables": [], "indexes": []}
	r := rule.findings with input as _job({"a": "x,allow_code=1", "b": "allow_code=0"}, {"C": "y"})
		with data.guard.config.rules.remote_code as config
	r == {_on("HyperParameters", "a")}
}

test_allow_values_without_switches if {
	r := rule.findings with input as _job({"a": "trust_remote_code=True"}, {})
		with data.guard.config.rules.remote_code as {"switches": [], "index_variables": [], "indexes": []}
	r == set()
}

test_allow_other_settings if {
	r := rule.findings with input as _job(
		{"trust_remote_code_x": "true", "distrust_remote_code": "true"},
		{"XPIP_INDEX_URL": "https://other.example", "allow_codes": "1"},
	)
		with data.guard.config.rules.remote_code as _config
	r == set()
}

test_allow_approved_indexes[value] if {
	some value in [
		"https://packages.example.com/simple",
		"HTTPS://PACKAGES.example.com",
		"https://user:pw@packages.example.com/simple?x#y",
		"http://a.internal.example:8080/simple https://packages.example.com/",
		"own=https://packages.example.com/simple",
		"packages.example.com",
		"own=packages.example.com",
		"",
		" ",
		"/opt/wheels",
		"file:///opt/wheels",
		"arn:aws:codeartifact:eu-west-1:111122223333:repository/ml/python",
	]
	r := rule.findings with input as _job({}, {"PIP_INDEX_URL": value, "uv_index": value, "CA_REPOSITORY_ARN": value})
		with data.guard.config.rules.remote_code as _config
	r == set()
}

test_deny_other_indexes[value] if {
	some value, shown in {
		"https://other.example/simple": "other.example",
		"https://packages.example.com.other.example/simple": "packages.example.com.other.example",
		"https://packages.example.com:8443/simple": "packages.example.com:8443",
		"https://packages.example.com@other.example/": "other.example",
		`https://other.example\@packages.example.com/`: "an unknown place",
		`https://packages.example.com\@other.example/`: "an unknown place",
		`https://packages.example.com\.other.example/`: "an unknown place",
		`https://packages.example.com/\a`: "an unknown place",
		"https://other.example/packages.example.com": "other.example",
		"https://other.example?@packages.example.com": "other.example",
		"https://other.example#@packages.example.com": "other.example",
		"https:packages.example.com": "an unknown place",
		"https://packages.example.com other": "a place without an address",
		"https://packages.example.com,other.example": "other.example",
		"hunter2": "a place without an address",
		"own=hunter2": "a place without an address",
		"other:8080": "other:8080",
		"https://other": "other",
		"a:b@c.internal.example:8080": "an unknown place",
		"own=https://other.example/simple": "other.example",
		"arn:aws:codeartifact:eu-west-1:444455556666:repository/ml/python": concat(
			"",
			["arn:aws:codeartifact:eu-west-1:444455556666:", "repository/ml/python"],
		),
		"arn:aws:codeartifact:eu-west-1:111122223333:repository/$x": "an unknown place",
	}
	r := rule.findings with input as _job({}, {"PIP_INDEX_URL": value})
		with data.guard.config.rules.remote_code as _config
	r == {_index("PIP_INDEX_URL", shown)}
}

test_allow_a_place_without_an_address_that_is_approved if {
	config := object.union(_config, {"indexes": ["conda-*"]})
	r := rule.findings with input as _job({}, {"PIP_INDEX_URL": "conda-forge"})
		with data.guard.config.rules.remote_code as config
	r == set()
}

test_deny_each_index_of_a_setting if {
	r := rule.findings with input as _job({}, {"PIP_EXTRA_INDEX_URL": "https://a.example https://b.example"})
		with data.guard.config.rules.remote_code as _config
	r == {_index("PIP_EXTRA_INDEX_URL", "a.example"), _index("PIP_EXTRA_INDEX_URL", "b.example")}
}

test_deny_options_of_the_command[note] if {
	some note, [entrypoint, arguments, expected] in {
		"switch at the end": [["serve", "--trust-remote-code"], null, "--trust-remote-code"],
		"switch of a group": [null, ["--model.trust_remote_code", "true"], "--model.trust_remote_code"],
		"switch before another": [null, ["--trust_remote_code", "--x"], "--trust_remote_code"],
		"switch with a value": [null, ["--trust-remote-code=true"], "--trust-remote-code"],
		"switch in a shell's words": [["sh", "-c"], ["serve --trust-remote-code; true"], "--trust-remote-code"],
		"quoted": [["sh", "-c"], [`serve "--trust-remote-code" true`], "--trust-remote-code"],
		"switch before a name like off": [null, ["--trust-remote-code", "official"], "--trust-remote-code"],
		"switch before a name behind off": [null, ["--trust-remote-code", "0-hero/model"], "--trust-remote-code"],
		"switch without its value": [null, ["--trust-remote-code=", "x"], "--trust-remote-code"],
		"beginning of the switch": [null, ["--trust_remote", "--x"], "--trust_remote"],
		"shortest beginning": [null, ["serve", "--tr"], "--tr"],
		"beginning with a value": [null, ["serve", "--trust-rem=1"], "--trust-rem"],
		"behind an option that begins like it": [null, ["--truncate", "--trust-remote-code"], "--trust-remote-code"],
		"behind one that is off": [null, ["--trust no", "--trust-remote-code"], "--trust-remote-code"],
		"before another that is off": [null, ["--trust-remote-code", "--trust-all", "no"], "--trust-remote-code"],
		"a shell's word in parts": [["sh", "-c"], [`serve --trust-remote-code "0"-hero/x`], "--trust-remote-code"],
		"a name with a quote": [null, ["--trust-remote-code", "no'model"], "--trust-remote-code"],
		"an option in parts": [["sh", "-c"], [`serve --trust-"remote"-code`], "--trust-remote-code"],
		"in a subshell": [["sh", "-c"], ["(--trust-remote-code)"], "--trust-remote-code"],
	}
	r := rule.findings with input as _run(entrypoint, arguments) with data.guard.config.rules.remote_code as _config
	r == {_option(expected)}
}

test_allow_options_that_are_off[words] if {
	some words in [
		["--trust-remote-code=false"],
		["--trust-remote-code", "False"],
		["--trust_remote_code", "0"],
		["--trust-remote-code", "off"],
		["--trust-remote-code", "no"],
		["--trust-remote-code=n"],
		["--trust-remote-code", "f"],
		["--trust-remote-code", "null", "--trust-remote-code", "None"],
		["--trust_remote_code=False", "--x"],
		["x--trust-remote-code"],
		["--trust-all"],
		["--trust-remote-codec"],
		["--truth"],
		["--truncate"],
		["--t"],
		["sh", "-c", "serve --trust-remote-code false>/tmp/log"],
		["sh", "-c", "serve --trust-remote-code=no,x"],
		["sh", "-c", "serve --trust-remote-code false; true"],
		["sh", "-c", `serve --trust-remote-code "no"`],
	]
	r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
	r == set()
}

test_no_value_is_shown if {
	r := rule.findings with input as _job({}, {"PIP_INDEX_URL": "https://user:hunter2@other.example/hunter2?hunter2"})
		with data.guard.config.rules.remote_code as _config
	count(r) == 1
	not contains(json.marshal(r), "hunter2")
}

test_deny_unknown_places_where_every_index_is_approved if {
	config := {"switches": [], "index_variables": ["^pip_"], "indexes": ["*"]}
	r := rule.findings with input as _job({}, {"PIP_INDEX_URL": "https:x https://y"})
		with data.guard.config.rules.remote_code as config
	r == {_index("PIP_INDEX_URL", "an unknown place")}
}

test_deny_everything_when_the_lists_are_missing if {
	every rules in [{}, {"remote_code": {"switches": null, "index_variables": null, "indexes": null}}] {
		r := rule.findings with input as _job({"a": "x"}, {"PIP_INDEX_URL": ""}) with data.guard.config.rules as rules
		r == {_on("HyperParameters", "a")}
	}
	without := rule.findings with input as _job({}, {"PIP_INDEX_URL": "https://packages.example.com"})
		with data.guard.config.rules.remote_code as {"switches": [], "index_variables": ["^pip_"], "indexes": "*"}
	without == {_index("PIP_INDEX_URL", "packages.example.com")}
}

test_remediation_says_what_to_do if contains(rule.remediation, "index")
