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
		"beside a proxy": ["pip", "install", "--proxy", "http://proxy.example", "https://other.example/x"],
		"behind a marker": ["pip", "install", "x; python_version < '3.12'", "-i", "https://other.example"],
		"behind an ampersand": ["pip", "install", "https://packages.example.com/x?a=1&b=2;c", "http://other.example"],
		"without a space": ["sh", "-c", "cd /x&&cd y;pip install x -i https://other.example"],
		"in pieces": ["sh", "-c", `p''ip install -i h"ttps"://packages.example.com'@other.example/x'`],
		"variable of the line": ["sh", "-c", "X=https://other.example pip install $X"],
		"configuration": ["sh", "-c", "pip config --user set global.index-url https://other.example/simple; pip install x"],
		"configured links": ["pip3", "config", "set", "install.find-links", "https://other.example"],
	}
	every command in [[words, null], [array.slice(words, 0, 3), array.slice(words, 3, 99)]] {
		r := rule.findings with input as _run(command[0], command[1]) with data.guard.config.rules.remote_code as _config
		r == {_installed("other.example")}
	}
}

test_deny_addresses_behind_what_ends_no_program[note] if {
	some note, words in {
		"behind a redirection": ["sh", "-c", "pip install x 2>&1 >& /tmp/log &>/tmp/log -i https://other.example"],
		"behind a mark at the end of a word": ["pip", "install", "--log", "/tmp/x;", "-i", "https://other.example"],
		"behind another mark": ["pip", "install", "-i", "https://packages.example.com/?x&", "-f", "https://other.example"],
		"behind no comment": ["sh", "-c", `pip install --log "/a #b" -i https://other.example`],
		"behind a space in a name": ["sh", "-c", `pip install --log /a\\ #b -i https://other.example`],
		"behind a fragment": ["sh", "-c", "pip install https://packages.example.com/x#egg=x -i https://other.example"],
		"below a comment": ["sh", "-c", "# packages \\\npip install -i https://other.example x"],
		"in the background": ["sh", "-c", "sleep 9& pip install https://other.example/x & python3 a.py"],
		"behind both pipes": ["sh", "-c", "a|&pip install https://other.example/x"],
		"options of uv": ["uv", "--project", "/x", "-q", "pip", "--color", "no", "install", "http://other.example"],
		"uv's tools": ["uv", "tool", "install", "git+https://other.example/x"],
		"uv's pythons": ["uv", "python", "install", "--mirror", "https://other.example/x"],
		"behind tabs": ["sh", "-c", "uv\tsync\t--x=https://other.example"],
		"pip in uv's environment": ["uv", "run", "pip", "install", "https://other.example/x"],
	}
	r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
	r == {_installed("other.example")}
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
	every command in [[null, words], [array.slice(words, 0, 3), array.slice(words, 3, 99)]] {
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
		"another line of uv": ["sh", "-c", "uv sync\nuv run a.py --tracking https://other.example"],
		"another line of conda": ["sh", "-c", "conda install\npython3 a.py https://other.example"],
		"another program behind uv": ["sh", "-c", "uv sync; curl https://other.example/x.csv"],
		"a verb of a script": ["uv", "run", "a.py", "download", "--url", "https://other.example/x"],
		"another program beside it": ["sh", "-c", "pip install x & python3 a.py -i https://other.example"],
		"another program right beside it": ["sh", "-c", "pip install x&python3 a.py -i https://other.example"],
		"comment": ["sh", "-c", "pip install x # see https://other.example"],
		"comment of its own": ["sh", "-c", "#pip install http://other.example\npip install x\t#http://other.example\nls"],
		"links of the image": ["pip", "install", "-f", "/opt/wheels", "x"],
		"file": ["pip", "install", "file:///opt/wheels/x.whl"],
	}
	r := rule.findings with input as _run(words, null) with data.guard.config.rules.remote_code as _config
	r == set()
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

test_allow_variables_of_the_command_without_a_list if {
	r := rule.findings with input as _run(["env", "PIP_INDEX_URL=https://other.example"], null)
		with data.guard.config.rules.remote_code as {"switches": [], "index_variables": [], "indexes": []}
	r == set()
}

test_deny_more_places_than_anybody_needs[form] if {
	some form in ["https://h%d.example", "--index h%d.example", "UV_INDEX=h%d.example"]
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
