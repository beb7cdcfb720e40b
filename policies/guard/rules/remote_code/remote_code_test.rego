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

_index_option(option, index) := {
	"message": sprintf("The option %s of the command installs packages from %s, which is not an approved index.", [
		option,
		index,
	]),
	"details": {"config": "rules.remote_code.indexes", "option": option, "index": index},
}

_installed(index) := {
	"message": sprintf("The command installs packages from %s, which is not an approved index.", [index]),
	"details": {"config": "rules.remote_code.indexes", "index": index},
}

test_deny_switches_that_are_on[value] if {
	some value in ["true", `"true"`, "1", "yes", "True", "x", "falsely"]
	r := rule.findings with input as _job({"trust_remote_code": value}, {"OPTION_TRUST_REMOTE_CODE": value})
		with data.guard.config.rules.remote_code as _config
	r == {_on("HyperParameters", "trust_remote_code"), _on("Environment", "OPTION_TRUST_REMOTE_CODE")}
}

test_allow_switches_that_are_off[value] if {
	some value in ["", `""`, "null", "None", `"false"`, "False", "0", "no", "OFF", "'off'", " false "]
	r := rule.findings with input as _job({"trust_remote_code": value}, {"allow_code": value})
		with data.guard.config.rules.remote_code as _config
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
		"a=1\nallow_code: on",
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
		"trust_remote_code=truest",
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
	] {
		r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
		r == {{
			"message": "A word of the command lets a model bring its own code.",
			"details": {"config": "rules.remote_code.switches"},
		}}
	}
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
		"https://packages.example.com other": "other",
		"https://packages.example.com,other": "other",
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

test_deny_each_index_of_a_setting if {
	r := rule.findings with input as _job({}, {"PIP_EXTRA_INDEX_URL": "https://a.example https://b.example"})
		with data.guard.config.rules.remote_code as _config
	r == {_index("PIP_EXTRA_INDEX_URL", "a.example"), _index("PIP_EXTRA_INDEX_URL", "b.example")}
}

test_deny_options_of_the_command[note] if {
	some note, [entrypoint, arguments, expected] in {
		"switch at the end": [["serve", "--trust-remote-code"], null, "--trust-remote-code"],
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

test_deny_indexes_of_the_command[option] if {
	some option in ["--index-url", "--extra-index-url", "--find-links", "--index", "--default-index", "--registry"]
	every words in [
		[option, "https://other.example/simple"],
		[sprintf("pip install %s=https://other.example/simple x", [option])],
	] {
		r := rule.findings with input as _run(["sh", "-c"], words) with data.guard.config.rules.remote_code as _config
		r == {_index_option(option, "other.example")}
	}
}

test_allow_approved_indexes_of_the_command if {
	r := rule.findings with input as _run(["pip"], ["--index-url", "https://packages.example.com/", "--index-urls", "x"])
		with data.guard.config.rules.remote_code as _config
	r == set()
}

test_allow_options_of_other_programs_with_the_same_name if {
	every value in ["3", "0.5", "churn", "-1"] {
		r := rule.findings with input as _run(["python3", "a.py"], ["--index", value])
			with data.guard.config.rules.remote_code as _config
		r == set()
	}
}

test_deny_indexes_of_the_command_in_any_form if {
	every value, shown in {"other.example": "other.example", "wheels/x": "an unknown place", "[::1]": "an unknown place"} {
		r := rule.findings with input as _run(["uv"], ["--index", value]) with data.guard.config.rules.remote_code as _config
		r == {_index_option("--index", shown)}
	}
}

test_deny_addresses_that_are_installed_from[note] if {
	some note, words in {
		"short option": ["pip", "install", "-i", "https://other.example/simple", "x"],
		"short option with its value": ["pip", "install", "-ihttps://other.example/simple", "x"],
		"links": ["pip3.11", "download", "-f", "https://other.example/wheels", "x"],
		"repository": ["python3", "-m", "pip", "install", "git+https://user:secret@other.example/x@main"],
		"repository by ssh": ["/usr/bin/pip3", "install", "git+ssh://git@other.example/x.git"],
		"archive": ["uv", "pip", "install", "https://other.example/x.tar.gz"],
		"requirement": ["uv", "add", "x@https://other.example/x.whl"],
		"quoted requirement": ["sh", "-c", `"pip" wheel "x @ https://other.example/x.whl"`],
		"option": ["uv", "sync", "--x=http://other.example"],
		"shell": ["sh", "-c", "cd /x && (pip install x -i https://other.example) && python3 a.py"],
		"second line": ["sh", "-c", "set -e\npip inst\\\nall -i https://other.example x"],
		"variable before it": ["sh", "-c", "P=pip install x; pip3 install http://other.example"],
		"beside an approved one": ["pip", "install", "-i", "https://packages.example.com", "-f", "https://other.example"],
		"behind a marker": ["pip", "install", "x; python_version < '3.12'", "-i", "https://other.example"],
		"behind an ampersand": ["pip", "install", "https://packages.example.com/x?a=1&b=2;c", "http://other.example"],
		"without a space": ["sh", "-c", "cd /x&&cd y;pip install x -i https://other.example"],
		"in pieces": ["sh", "-c", `p''ip install -i h"ttps"://packages.example.com'@other.example/x'`],
		"variable of the line": ["sh", "-c", "PIP_INDEX_URL=https://other.example pip install x"],
		"configuration": ["sh", "-c", "pip config --user set global.index-url https://other.example/simple; pip install x"],
		"configured links": ["pip3", "config", "set", "install.find-links", "https://other.example"],
		"beside a proxy": ["pip", "install", "--proxy", "http://proxy.example", "https://other.example/x"],
	}
	every command in [[words, null], [null, words], [array.slice(words, 0, 3), array.slice(words, 3, 99)]] {
		r := rule.findings with input as _run(command[0], command[1]) with data.guard.config.rules.remote_code as _config
		r == {_installed("other.example")}
	}
}

test_deny_addresses_that_other_tools_install_or_run[note] if {
	some note, words in {
		"module without a space": ["python3", "-mpip", "install", "https://other.example/x.whl"],
		"channel": ["conda", "install", "-y", "-c", "https://other.example/ch", "x"],
		"channel of an environment": ["sh", "-c", "micromamba create -n x --channel=https://other.example/ch y"],
		"channel for every call": ["mamba", "config", "--add", "channels", "https://other.example/ch"],
		"environment from a file": ["conda", "env", "update", "-f", "https://other.example/e.yml"],
		"module of uv": ["python3", "-muv", "run", "https://other.example/a.py"],
		"behind a value with a colon": ["uv", "run", "--env-file", "/a:b", "https://other.example/x.py"],
		"second package with a version": ["uv", "run", "--with", "a@1:2,b@git+https://other.example/b", "a.py"],
		"tool": ["uvx", "--python", "3.12", "git+https://other.example/x"],
		"tool by its package": ["uvx", "--from", "git+https://other.example/x", "tool"],
		"package of a script": ["uv", "run", "--with=x", "--with", "https://other.example/x.whl", "a.py"],
		"package by its name": ["uv", "run", "--with", "x @ git+https://other.example/x", "a.py"],
		"second package of an option": ["uvx", "--with", "x,y@git+https://other.example/y", "tool"],
		"script from elsewhere": ["uv", "--quiet", "run", "--no-project", "https://other.example/a.py"],
		"tool of pipx": ["pipx", "run", "--spec", "https://other.example/x.whl", "tool"],
	}
	every command in [[words, null], [array.slice(words, 0, 3), array.slice(words, 3, 99)]] {
		r := rule.findings with input as _run(command[0], command[1]) with data.guard.config.rules.remote_code as _config
		r == {_installed("other.example")}
	}
}

test_allow_addresses_that_nothing_is_installed_from[note] if {
	some note, words in {
		"approved": ["pip", "install", "-i", "https://packages.example.com/simple", "git+https://packages.example.com/x"],
		"proxy": ["pip", "install", "--proxy", "http://other.example:3128", "x"],
		"another program of the line": ["sh", "-c", "pip install x && curl -i https://other.example"],
		"another line": ["sh", "-c", "pip install x\npython3 a.py --tracking https://other.example"],
		"another program with a name like a marker": ["sh", "-c", "pip install x; python_run.py https://other.example"],
		"another program behind a pipe": ["sh", "-c", "pip install x | tee -a https://other.example"],
		"another program behind a semicolon": ["sh", "-c", "pip install x; curl -i https://other.example"],
		"another program without a space": ["sh", "-c", "pip install x;curl -i https://other.example"],
		"behind an address": ["sh", "-c", "pip install -i https://packages.example.com; curl ftp://b.example"],
		"a program with a name like a module": ["sh", "-c", "x-mpip install https://other.example"],
		"another command of conda": ["conda", "run", "a.py", "https://other.example"],
		"a script that creates": ["uv", "run", "python", "manage.py", "create", "--url", "https://other.example/x"],
		"a script that updates": ["conda", "run", "-n", "env", "job.py", "update", "--api", "https://other.example/x"],
		"a script's own option": ["uv", "run", "-q", "train.py", "--with", "https://other.example/x"],
		"a script's argument": ["uv", "run", "a.py", "--data", "https://other.example/x"],
		"a tool's argument": ["uvx", "tool", "https://other.example/x"],
		"another program that runs": ["mlflow", "run", "https://other.example/x"],
		"another program's option": ["curl", "-i", "https://other.example/install"],
		"another verb": ["pip", "config", "set", "global.proxy", "http://other.example"],
		"another program's name": ["sh", "-c", "grip install https://other.example; pip.py install https://other.example"],
		"links of the image": ["pip", "install", "-f", "/opt/wheels", "x"],
		"file": ["pip", "install", "file:///opt/wheels/x.whl"],
	}
	r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
	r == set()
}

test_deny_more_places_than_anybody_needs[form] if {
	some form in ["https://h%d.example", "--index h%d.example"]
	every count_of, expected in {100: set(), 101: {_installed("an unknown place")}} {
		words := [sprintf(form, [number]) | some number in numbers.range(1, count_of)]
		r := rule.findings with input as _run(["pip", "install"], words)
			with data.guard.config.rules.remote_code as object.union(_config, {"indexes": ["h*.example"]})
		r == expected
	}
}

test_deny_an_option_at_the_end_of_the_entrypoint if {
	r := rule.findings with input as _run(["pip", "install", "--index-url"], ["https://other.example", "x"])
		with data.guard.config.rules.remote_code as _config
	r == {_index_option("--index-url", "other.example")}
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
