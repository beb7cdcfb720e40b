package guard.rules.remote_code_test

import data.guard.rules.remote_code as rule

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

_assigned(name) := {
	"message": concat(" ", [
		sprintf("The variable %s of the command installs packages from other.example,", [name]),
		"which is not an approved index.",
	]),
	"details": {"config": "rules.remote_code.indexes", "variable": name, "index": "other.example"},
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

test_deny_variables_of_the_command[note] if {
	some note, words in {
		"of a shell": ["bash", "-c", "export PIP_INDEX_URL=https://other.example/simple && pip install x && python t.py"],
		"of another tool": ["sh", "-c", "export x=1 UV_INDEX=https://other.example && uv sync"],
		"of a script": ["sh", "-c", "PIP_INDEX_URL=https://other.example/simple ./setup.sh"],
		"in small letters": ["sh", "-c", "export pip_index_url=https://other.example;python t.py"],
		"by env": ["env", "PIP_INDEX_URL=https://other.example", "./setup.sh"],
		"quoted": ["sh", "-c", `export PIP_INDEX_URL="/a https://other.example"`],
		"quoted as a whole": ["sh", "-c", `export 'PIP_INDEX_URL=https://other.example'`],
		"quoted in pieces": ["sh", "-c", `export P''IP_INDEX_URL=h"ttps"://other.example`],
		"in a line that installs": ["sh", "-c", "PIP_INDEX_URL=https://other.example pip install x"],
		"in a subshell": ["sh", "-c", "(PIP_INDEX_URL=https://other.example ./setup.sh)"],
	}
	r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
	name := object.get({"of another tool": "UV_INDEX", "in small letters": "pip_index_url"}, note, "PIP_INDEX_URL")
	r == {_assigned(name)}
}

test_allow_variables_of_the_command[note] if {
	some note, words in {
		"approved": ["sh", "-c", "export PIP_INDEX_URL=https://packages.example.com/simple; pip install x"],
		"another": ["sh", "-c", "export XPIP_INDEX_URL=https://other.example MLFLOW=https://other.example"],
		"empty": ["sh", "-c", "PIP_INDEX_URL= UV_INDEX='' ./setup.sh"],
		"of the image": ["sh", "-c", "PIP_INDEX_URL=file:///opt/wheels ./setup.sh"],
		"only read": ["sh", "-c", "echo $PIP_INDEX_URL PIP_INDEX_URL https://other.example"],
		"part of an address": ["curl", "https://other.example/PIP_INDEX_URL=https://other.example"],
	}
	r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
	r == set()
}

test_deny_a_variable_of_the_command_by_the_only_expression if {
	r := rule.findings with input as _run(["env", "PIP_INDEX_URL=https://other.example"], null)
		with data.guard.config.rules.remote_code as {"switches": [], "index_variables": ["^pip_index_url$"], "indexes": []}
	r == {_assigned("PIP_INDEX_URL")}
}

test_allow_variables_of_the_command_without_a_list if {
	r := rule.findings with input as _run(["env", "PIP_INDEX_URL=https://other.example"], null)
		with data.guard.config.rules.remote_code as {"switches": [], "index_variables": [], "indexes": []}
	r == set()
}

_places(form, number) := [sprintf(form, [i]) | some i in numbers.range(1, number)]

_each_approved := object.union(_config, {"indexes": ["h*.example"]})

test_allow_100_places[form] if {
	some form in ["https://h%d.example", "--index h%d.example", "UV_INDEX=h%d.example"]
	r := rule.findings with input as _run(["pip", "install"], _places(form, 100))
		with data.guard.config.rules.remote_code as _each_approved
	r == set()
}

test_deny_more_than_100_places[form] if {
	some form in ["https://h%d.example", "--index h%d.example", "UV_INDEX=h%d.example"]
	r := rule.findings with input as _run(["pip", "install"], _places(form, 101))
		with data.guard.config.rules.remote_code as _each_approved
	r == {_installed("an unknown place")}
}

test_deny_an_option_at_the_end_of_the_entrypoint if {
	r := rule.findings with input as _run(["pip", "install", "--index-url"], ["https://other.example", "x"])
		with data.guard.config.rules.remote_code as _config
	r == {_index_option("--index-url", "other.example")}
}

test_deny_addresses_that_are_installed_from[note] if {
	some note, words in {
		"index": ["pip", "install", "-i", "https://other.example/simple", "x"],
		"repository": ["python3", "-m", "pip", "install", "git+https://user:secret@other.example/x@main"],
		"beside an approved one": ["pip", "install", "-i", "https://packages.example.com", "-f", "https://other.example"],
		"script": ["sh", "-c", "uv sync; uv run https://other.example/a.py"],
	}
	every command in [[words, null], [null, words], [array.slice(words, 0, 3), array.slice(words, 3, 99)]] {
		r := rule.findings with input as _run(command[0], command[1]) with data.guard.config.rules.remote_code as _config
		r == {_installed("other.example")}
	}
}

test_allow_addresses_that_nothing_is_installed_from[note] if {
	some note, words in {
		"approved": ["pip", "install", "-i", "https://packages.example.com/simple", "git+https://packages.example.com/x"],
		"another program": ["sh", "-c", "uv sync; curl https://other.example/x.csv"],
		"file": ["pip", "install", "file:///opt/wheels/x.whl"],
	}
	r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
	r == set()
}
