package guard.rules.secret_in_environment_test

import data.guard.rules.secret_in_environment as rule

_in_value(slot, name, number) := {
	"message": sprintf("The value of the setting %s in %s has an option or variable that is named like a credential.", [
		name,
		slot,
	]),
	"details": {
		"config": sprintf("rules.secret_in_environment.names[%d]", [number]),
		"slot": slot,
		"setting": name,
		"entry": _config.names[number],
	},
}

_in_values := {
	"option and value": ["serve --password hunter2", 0],
	"option with its value": ["--password=hunter2 -x", 0],
	"variable before a program": ["MY_SECRET=hunter2 python a.py", 2],
	"variable for a program": ["-x NCCL_DEBUG=INFO -x MY_SECRET=hunter2", 2],
	"property": ["-Djavax.net.ssl.keyStorePassword=hunter2", 0],
	"words in capitals": ["--hubToken x", 1],
	"list of JSON": [`["--epochs", "1", "--password", "hunter2"]`, 0],
	"list of JSON without blanks": [`["--password","hunter2"]`, 0],
	"list in a text of JSON": [`"[\"--password\",\"hunter2\"]"`, 0],
	"text in a text of JSON": [`"\"--password=hunter2\""`, 0],
	"escapes of JSON": [`"\u002d-password hunter2"`, 0],
	"lines": ["--epochs\n1\n--password\nhunter2", 0],
	"list with commas": ["model=a,token=hunter2", 1],
	"second of two": ["--password null --password hunter2", 0],
	"first entry of several": ["--token x --password y", 0],
	"value in quotes": ["--password='hunter2'", 0],
	"value in quotes of JSON": [`"--password=\"hunter2\" --x"`, 0],
	"value in quotes behind a blank": [`--password "a b"`, 0],
	"text of JSON": [`{"args":"--password hunter2"}`, 0],
	"setting with dots": ["--conf spark.ssl.keyPassword=hunter2", 0],
}

test_deny_options_and_variables_in_a_value[note] if {
	some note, [value, number] in _in_values
	r := rule.findings with input as _job([["a", value]], [["B", value]])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_in_value("HyperParameters", "a", number), _in_value("Environment", "B", number)}
}

test_allow_options_and_variables_without_a_credential_in_a_value[value] if {
	some value in [
		"--password",
		"--password --x",
		"--password=",
		"--password=''",
		`--password "" train.py`,
		`["--password", "", "train.py"]`,
		"--password null",
		"--secret_arn a",
		"--secret arn:aws:secretsmanager:eu-west-1:1:secret:db",
		"--password {password}",
		"--tokenizer bert",
		"max_tokens=5",
		"--padToken=x",
		"pad_token=<pad>,sep=x",
		`{"token_count": 5}`,
		"MY_SECRET",
		"-x MY_SECRET -x NCCL_DEBUG=INFO",
		"a--password hunter2",
		"my password hunter2",
	]
	r := rule.findings with input as _job([["a", value]], [["A", value]])
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

# The last word of one value and the first word of the next are not an option with its value.
test_allow_an_option_at_the_end_of_a_value if {
	r := rule.findings with input as _job([["a", "--password"], ["b", "x"]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

test_a_setting_is_one_finding[note] if {
	some note, [name, value, expected] in {
		"by its own name": ["token", "--password x", _by_name("HyperParameters", "token", 1)],
		"by its look": ["a", concat(" ", ["--password", _credentials.github]), _by_value("HyperParameters", "a")],
		"by a harmless name": ["pad_token", "--password x", _in_value("HyperParameters", "pad_token", 0)],
		"by two options": ["a", "--password x --token y", _in_value("HyperParameters", "a", 0)],
	}
	r := rule.findings with input as _job([[name, value]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == {expected}
}

test_deny_each_of_100_options_in_values[form] if {
	some form in ["--password%d=x", "my%dPassword=x"]
	pairs := [[name, concat(" ", _numbered(form, 20))] | some name in ["a", "b", "c", "d", "e"]]
	r := rule.findings with input as _job(pairs, []) with data.guard.config.rules.secret_in_environment as _config
	r == {_in_value("HyperParameters", name, 0) | some [name, _] in pairs}
}

test_count_more_than_100_options_in_values[form] if {
	some form in ["--password%d=x", "--my%dToken=x", "--password=%d"]
	value := concat(" ", array.concat(_numbered(form, 51), _numbered("--epochs%d=x", 20)))
	r := rule.findings with input as _job([["a", value], ["b", concat(" ", _numbered(form, 50))]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_number("values of settings")}
}

test_values_of_settings_never_appear if {
	r := rule.findings with input as _job([["a", "--password hunter2"]], [["A", "TOKEN=hunter2"]])
		with data.guard.config.rules.secret_in_environment as _config
	count(r) == 2
	not contains(json.marshal(r), "hunter2")
}

test_allow_every_name_in_values_when_the_list_is_empty if {
	r := rule.findings with input as _job([["a", "--password x"]], [])
		with data.guard.config.rules.secret_in_environment as object.union(_config, {"names": []})
	r == set()
}

test_names_in_values_match_expressions_with_text_anchors if {
	config := object.union(_config, {"names": [`\Apassword\z`]})
	r := rule.findings with input as _job([["a", "--password x"], ["b", "--passwords x"]], [])
		with data.guard.config.rules.secret_in_environment as config
	{finding.details.setting | some finding in r} == {"a"}
}
