package guard.lib.installs_test

import data.guard.lib.installs

# The hosts in the command's addresses, without the prefix of each and without the approved host.
_others(words) := hosts - {"packages.example.com", ""} if {
	hosts := {regex.replace(address, `^[a-z+]*://(?:[^@]*@)?`, "") | some address in installs.addresses(words)}
}

test_an_address_is_all_before_its_path if {
	words := ["pip", "install", "-i", "https://a.example/simple", "x@git+https://b.example?c", "y", "-f", "file:///d"]
	installs.addresses(words) == {"https://a.example", "git+https://b.example", "file://"}
}

test_options_have_their_values if {
	installs.options([
		"pip --index-url https://a/simple",
		"--extra-index-url=b.c",
		"--find-links",
		"/d/e",
		"'--index d:1",
		"--default-index",
		"https://f",
		`"--registry g/h`,
	]) == {
		["--index-url", "https://a/simple"],
		["--extra-index-url", "b.c"],
		["--find-links", "/d/e"],
		["--index", "d:1"],
		["--default-index", "https://f"],
		["--registry", "g/h"],
	}
}

test_options_of_other_programs_have_no_places if {
	installs.options(["--index", "3", "--index 0.5", "--index churn", "--indexes a.b", "x--index a.b"]) == set()
}

test_variables_have_their_values[text] if {
	some text, expected in {
		"A=1 b_2=x/y": {["A", "1"], ["b_2", "x/y"]},
		"export A=1;B=2&C=3|D=4": {["A", "1"], ["B", "2"], ["C", "3"], ["D", "4"]},
		"(A=1": {["A", "1"]},
		`A="1 2"`: {["A", `"1 2"`], ["A", "1"]},
		"A='1 2'": {["A", "'1 2'"], ["A", "1"]},
		"'A=1'": {["A", "1"]},
		`"A=1"`: {["A", "1"]},
		"`A=1`": {["A", "1`"], ["A", "1"]},
		"A''B=1": {["AB", "1"], ["B", "1"]},
		"x\nA=1\n": {["A", "1"]},
		"--A=1 $A=1 2A=1 A = 1 A= B": set(),
		`A=""`: {["A", `""`]},
		"x/A=1": set(),
	}
	every words in [[text], ["sh", "-c", text], ["a", text, "b"]] {
		installs.variables(words) == expected
	}
}

test_addresses_that_are_installed_from[note] if {
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
		"configuration in small words": ["pip", "config", "set", "global.extra_index_url", "https://other.example/simple"],
		"configured links with an underscore": ["pip", "config", "set", "install.find_links", "https://other.example"],
		"configured links": ["pip3", "config", "set", "install.find-links", "https://other.example"],
	}
	_others(words) == {"other.example"}
}

test_addresses_behind_what_ends_no_program[note] if {
	some note, words in {
		"before a comment": ["sh", "-c", "pip install -i https://other.example #x"],
		"before an end": ["sh", "-c", "pip install -i https://other.example;"],
		"short options of uv": ["uv", "-q", "--project", "/x", "-v", "sync", "--x=http://other.example"],
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
	_others(words) == {"other.example"}
}

test_addresses_that_other_tools_install_or_run[note] if {
	some note, words in {
		"pipx": ["pipx", "install", "git+https://other.example/x"],
		"pipx with an index": ["sh", "-c", "/usr/bin/pipx --quiet install --pip-args='-i https://other.example/simple' x"],
		"into an environment of pipx": ["pipx", "inject", "x", "https://other.example/y.whl"],
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
	_others(words) == {"other.example"}
}

test_addresses_that_nothing_is_installed_from[note] if {
	some note, words in {
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
	_others(words) == set()
}

test_number_of_places[words] if {
	some [words, most, expected] in [
		[["pip install https://a https://b", "--index https://c"], 9, 3],
		[["pip install https://a https://a"], 9, 2],
		[["pip install https://a https://b"], 1, 1],
		[["pip install -i https://a"], 9, 1],
		[["pip install --index-url https://a"], 9, 1],
		[["conda install -c https://a; uvx https://b"], 9, 2],
		[["curl https://a"], 9, 0],
	]
	installs.number(words, most) == expected
}

test_assignments_with_and_without_quotes if {
	installs.assignments(`x A=1 B''C="d e"`) == [" A=1", `'C="d e"`, " A=1", " BC=d"]
}

test_commands_of_values[value] if {
	some value, expected in {
		"pip install x": "pip install x",
		`["pip", "install","x"]`: ` "pip install x" `,
		`"[\"pip\", \"install\"]"`: `" "pip install" "`,
		`"a\nb \u0063"`: "\"a\nb c\"",
		`https://a\@b`: `https://a\@b`,
	}
	installs.command(value) == expected
}

test_what_may_be_a_command_has_a_hint[value] if {
	some value in ["pip install x", `["pip","install"]`, "pip\tinstall", "A=1", `A\u003d1`, "--index-url\nhttps://a"]
	regex.match(installs.hint, value)
}

test_one_word_has_no_hint[value] if {
	some value in ["https://a.example/b-c", "pipeline", `"train.py"`, "0.1", ""]
	not regex.match(installs.hint, value)
}
