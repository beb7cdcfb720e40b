package guard.rules.remote_code_test

import data.guard.rules.remote_code as rule

_at_other := "https://other.example/simple"

test_deny_installations_of_a_value[note] if {
	some note, value in {
		"index behind -i": concat(" ", ["pip install -i", _at_other, "x"]),
		"index": concat("", ["python -m pip install --index-url=", _at_other, " x"]),
		"option alone": concat(" ", ["--extra-index-url", _at_other]),
		"wheel": "pip install https://other.example/a.whl",
		"repository": "uv pip install git+https://other.example/a",
		"channel": "conda install -c https://other.example/c x",
		"tool": "uvx --from git+https://other.example/a b",
		"variable": "-x NCCL_DEBUG=INFO -x PIP_INDEX_URL=https://other.example",
		"quoted variable": `export PIP_INDEX_URL="https://other.example"; ./setup.sh`,
		"variable in pieces": `export PIP_''INDEX_URL=https://other.example`,
		"second line": "set -e\npip install https://other.example/a.whl",
		"second line in JSON": `"set -e\npip install https://other.example/a.whl"`,
		"list of JSON": `["pip", "install", "-i", "https://other.example/simple", "x"]`,
		"list of JSON without blanks": `["--index-url","https://other.example/simple"]`,
		"list in a text of JSON": `"[\"pip\",\"install\",\"https://other.example/a.whl\"]"`,
		"command in JSON": `{"setup": "pip install https://other.example/a.whl"}`,
		"escapes of JSON": `"pip \u0069nstall https://other.example/a.whl"`,
		"named index of uv": "uv add --index team=https://other.example/simple x",
	}
	r := rule.findings with input as _job({}, {"SETUP": value, "OTHER": "s3://own/x"})
		with data.guard.config.rules.remote_code as _config
	r == {_index("SETUP", "other.example")}
}

test_deny_installations_of_a_hyperparameter if {
	r := rule.findings with input as _job({"setup": `"pip install https://other.example/a.whl"`}, {})
		with data.guard.config.rules.remote_code as _config
	{finding.details.slot | some finding in r} == {"HyperParameters"}
}

test_allow_values_that_install_nothing_from_elsewhere[value] if {
	some value in [
		"pip install x",
		"pip install -i https://packages.example.com/simple x",
		"PIP_INDEX_URL=https://packages.example.com/simple",
		"pip install /opt/wheels/a.whl",
		"https://other.example/simple",
		"curl https://other.example/pip",
		"--index 3 https://other.example",
		"--index data/index.faiss https://other.example",
		`["--index", "data/index.faiss", "--data", "s3://own/x"]`,
		"XPIP_INDEX_URL=https://other.example",
		"pipeline install https://other.example",
		"pip install x; curl https://other.example",
		`{"url": "https://other.example", "tool": "pip install"}`,
		`["--index", "s3://own/index.faiss"]`,
	]
	r := rule.findings with input as _job({"a": value}, {"A": value})
		with data.guard.config.rules.remote_code as _config
	r == set()
}

test_a_backslash_in_a_value_makes_its_place_unknown if {
	r := rule.findings with input as _job({}, {"A": `--index-url https://other.example\@packages.example.com/`})
		with data.guard.config.rules.remote_code as _config
	r == {_index("A", "an unknown place")}
}

test_allow_100_places_in_values[form] if {
	some form in ["pip install https://h%d.example\n", "--index https://h%d.example ", "UV_INDEX=https://h%d.example "]
	r := rule.findings with input as _job({"a": concat("", _places(form, 50))}, {})
		with data.guard.config.rules.remote_code as _each_approved
	r == set()
}

test_deny_more_than_100_places_in_values[form] if {
	some form in ["pip install https://h%d.example\n", "--index https://h%d.example ", "UV_INDEX=https://h%d.example "]
	value := concat("", _places(form, 51))
	r := rule.findings with input as _job({"a": value, "b": value}, {})
		with data.guard.config.rules.remote_code as _each_approved
	r == {{
		"message": "Values of settings install packages from an unknown place, which is not an approved index.",
		"details": {"config": "rules.remote_code.indexes", "index": "an unknown place"},
	}}
}

test_allow_variables_of_values_without_a_list if {
	r := rule.findings with input as _job({"a": "PIP_INDEX_URL=https://other.example"}, {})
		with data.guard.config.rules.remote_code as {"switches": [], "index_variables": [], "indexes": []}
	r == set()
}

_and_one_other(form, number) := object.union(
	_job({"a": concat("", array.concat(_places(form, number), [replace(form, "h%d", "other")]))}, {}),
	{"environment": []},
)

test_deny_the_100th_place_in_values[form] if {
	some form in ["pip install https://h%d.example\n", "--index https://h%d.example "]
	r := rule.findings with input as _and_one_other(form, 99) with data.guard.config.rules.remote_code as _each_approved
	{finding.details.index | some finding in r} == {"other.example"}
}

test_compare_none_of_more_than_100_places_in_values[form] if {
	some form in ["pip install https://h%d.example\n", "--index https://h%d.example "]
	r := rule.findings with input as _and_one_other(form, 100) with data.guard.config.rules.remote_code as _each_approved
	{finding.details.index | some finding in r} == {"an unknown place"}
}

test_deny_a_variable_of_a_value_by_the_only_expression if {
	r := rule.findings with input as _job({}, {"SETUP": "export PIP_INDEX_URL=https://other.example"})
		with data.guard.config.rules.remote_code as {"switches": [], "index_variables": ["^pip_index_url$"], "indexes": []}
	r == {_index("SETUP", "other.example")}
}
