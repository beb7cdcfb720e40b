package guard.rules.secret_in_environment_test

import data.guard.rules.secret_in_environment as rule

_unset := [
	{},
	{"secret_in_environment": null},
	{"secret_in_environment": {"names": null, "harmless_names": null, "harmless_values": null}},
	{"secret_in_environment": {"names": "*", "harmless_names": "*", "harmless_values": "*"}},
]

_config := {
	"level": "deny",
	"names": ["password", "(^|_)token$", "secret"],
	"harmless_names": ["_arn$", "^pad_token$"],
	"harmless_values": ["^\"?arn:aws:secretsmanager:", "^\\{"],
}

_job(hyperparameters, environment) := {
	"hyperparameters": [{"slot": "HyperParameters", "name": name, "value": value} |
		some [name, value] in hyperparameters
	],
	"environment": [{"slot": "Environment", "name": name, "value": value} | some [name, value] in environment],
}

_by_value(slot, name) := {
	"message": sprintf("The value of the setting %s in %s looks like a credential.", [name, slot]),
	"details": {"config": "rules.secret_in_environment", "slot": slot, "setting": name},
}

_by_name(slot, name, number) := {
	"message": sprintf("The setting %s in %s is named like a credential and has a value.", [name, slot]),
	"details": {
		"config": sprintf("rules.secret_in_environment.names[%d]", [number]),
		"slot": slot,
		"setting": name,
		"entry": _config.names[number],
	},
}

# Written in two parts, so that no scanner takes this file for a leak.
_credentials := {
	"aws key": concat("", ["AKIA", "ABCDEFGHIJKLMNOP"]),
	"temporary aws key": concat("", ["ASIA", "ABCDEFGHIJKLMNOP"]),
	"aws key inside": concat("", ["{\"key\": \"AKIA", "ABCDEFGHIJKLMNOP\"}"]),
	"private key": concat("", ["-----BEGIN", " RSA PRIVATE KEY-----"]),
	"plain private key": concat("", ["-----BEGIN", " PRIVATE KEY-----"]),
	"github": concat("", ["ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"]),
	"github, fine": concat("", ["github_pat_", "abcdefghijklmnopqrstuvwxyz"]),
	"gitlab": concat("", ["glpat-", "abcdefghij0123456789"]),
	"hugging face": concat("", ["hf_", "abcdefghijklmnopqrstuvwxyz0123"]),
	"openai": concat("", ["sk-", "abcdefghij0123456789"]),
	"slack": concat("", ["xoxb-", "0123456789"]),
	"google": concat("", ["AIza", "abcdefghijklmnopqrstuvwxyz012345678"]),
	"jwt": concat("", ["eyJ", "abcdefghijk.eyJ", "abcdefghijk"]),
	"url": concat("", ["https://user", ":x@example.com/simple"]),
	"url without user": concat("", ["redis://", ":x@cache:6379"]),
	"aws session token": concat("", ["IQoJb3JpZ2lu", "X2VjEAAaCXVzLWVhc3QtMQ=="]),
	"azure client": concat("", ["abc8", "Q~abcdefghijklmnopqrstuvwxyz0123"]),
	"azure storage": concat("", ["DefaultEndpointsProtocol=https;AccountName=a;Account", "Key=abcdefghij0123456789=="]),
	"sas": concat("", ["https://a.blob.core.windows.net/c?sv=2024-01-01&s", "ig=abcdefghij0123456789%3D"]),
	"databricks": concat("", ["da", "pi0123456789abcdef0123456789abcdef"]),
	"npm": concat("", ["npm", "_abcdefghijklmnopqrstuvwxyz0123456789"]),
	"pypi": concat("", ["pypi-", "AgEIcHlwaS5vcmcCJDAwMDAwMDAw"]),
	"stripe": concat("", ["sk_", "live_abcdefghij0123456789"]),
	"sendgrid": concat("", ["SG", ".abcdefghijklmnop012345.abcdefghijklmnop"]),
	"slack app": concat("", ["xapp-", "1-A0123456789-1"]),
	"slack hook": concat("", ["https://hooks.slack.com/serv", "ices/T01/B01/abcdef"]),
	"anthropic": concat("", ["sk-", "ant-api03-abcdefghij0123456789"]),
	"mailgun": concat("", ["key", "-0123456789abcdef0123456789abcdef"]),
	"groq": concat("", ["gsk", "_abcdefghijklmnopqrstuvwxyz0123"]),
	"grafana": concat("", ["glsa", "_abcdefghij0123456789"]),
	"short url": concat("", ["redis://", ":x@c"]),
	"vault": concat("", ["hv", "s.abcdefghij0123456789"]),
	"bearer": concat("", ["Bear", "er abcdefghij0123456789"]),
	"basic": concat("", ["authorization: Bas", "ic dXNlcjpodW50ZXIy"]),
	"connection string": concat("", ["Server=db;User=a;Pass", "word=hunter2"]),
	"password alone": concat("", ["PWD", " = hunter2"]),
}

test_deny_value_of_a_hyperparameter[name] if {
	some name, value in _credentials
	r := rule.findings with input as _job([["a", sprintf("%q", [value])], ["b", "1"]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_value("HyperParameters", "a")}
}

test_deny_value_of_the_environment[name] if {
	some name, value in _credentials
	r := rule.findings with input as _job([], [["A", value]])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_value("Environment", "A")}
}

_ordinary := {
	"word": "abc",
	"short key": concat("", ["AKIA", "ABCDEFGHIJKLMNO"]),
	"longer key": concat("", ["AKIA", "ABCDEFGHIJKLMNOPQ"]),
	"key in a word": concat("", ["XAKIA", "ABCDEFGHIJKLMNOP"]),
	"public key": "-----BEGIN PUBLIC KEY-----",
	"s3": "s3://bucket/a:b@c",
	"url with port": "https://example.com:443/a@b",
	"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a@sha256:0",
	"user alone": "https://user@example.com/",
	"task": "sk-learn",
	"hf": "hf_model",
	"two words": "eyJa.eyJb",
	"task of many words": "sk-learn-pipeline-of-the-team-v2",
	"signature elsewhere": "https://example.com/?design=abcdefghij0123456789",
	"bearer of news": "bearer of good news",
	"password to fill in": "postgres://user:${PASSWORD}@db/x",
	"password to format": "postgres://user:%s@db/x",
	"password to fill in of a string": "Server=db;Password={password}",
	"short": "pwd=hunter2",
}

test_allow_ordinary_value[name] if {
	some name, value in _ordinary
	r := rule.findings with input as _job([["a", value]], [["A", value]])
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

_command(entrypoint, arguments) := object.union(
	_job([], []),
	{"command": {"entrypoint": entrypoint, "arguments": arguments}},
)

_by_word(part, position) := {
	"message": sprintf("Word %d of the command's %s looks like a credential.", [position, part]),
	"details": {"config": "rules.secret_in_environment", "command": part, "position": position},
}

test_deny_words_of_the_command[name] if {
	some name, value in _credentials
	argument := sprintf("--key=%s", [value])
	r := rule.findings with input as _command(["env", value, "python"], ["--key", "x", argument, value])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_word("entrypoint", 2), _by_word("arguments", 3), _by_word("arguments", 4)}
}

test_allow_ordinary_words_of_the_command[name] if {
	some name, value in _ordinary
	r := rule.findings with input as _command([value], ["--path", value])
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

test_deny_words_of_one_part_without_the_other if {
	credential := _credentials.github
	in_arguments := rule.findings with input as _command(null, [credential])
		with data.guard.config.rules.secret_in_environment as _config
	in_arguments == {_by_word("arguments", 1)}
	in_entrypoint := rule.findings with input as _command([credential], null)
		with data.guard.config.rules.secret_in_environment as _config
	in_entrypoint == {_by_word("entrypoint", 1)}
}

_named(part, name, number) := {
	"message": sprintf("%s in the command's %s is named like a credential and has a value.", [name, part]),
	"details": {
		"config": sprintf("rules.secret_in_environment.names[%d]", [number]),
		"command": part,
		"name": name,
		"entry": _config.names[number],
	},
}

test_deny_options_and_variables_of_the_command[note] if {
	some note, [words, name, number] in {
		"option and value": [["--x", "--password", "hunter2", "--y"], "password", 0],
		"option with its value": [["--db-password=hunter2"], "db-password", 0],
		"short": [["-token", "hunter2"], "token", 1],
		"option in a shell's text": [["serve --token hunter2; true"], "token", 1],
		"option after several blanks": [["serve --token  hunter2"], "token", 1],
		"variable before a program": [["MY_SECRET=hunter2 python a.py"], "MY_SECRET", 2],
		"variable after a program": [["cd /x && MY_SECRET=hunter2 python"], "MY_SECRET", 2],
		"variable in parentheses": [["(MY_SECRET=hunter2 python)"], "MY_SECRET", 2],
		"setting with dots": [["--conf", "spark.password=hunter2"], "spark.password", 0],
		"quoted value": [["--password='a b'"], "password", 0],
		"value in quotes": [[`--password="a b"`], "password", 0],
		"value that ends with its word": [["MY_SECRET=hunter2", "x"], "MY_SECRET", 2],
	}
	in_arguments := rule.findings with input as _command(null, words)
		with data.guard.config.rules.secret_in_environment as _config
	in_arguments == {_named("arguments", name, number)}
	in_entrypoint := rule.findings with input as _command(words, null)
		with data.guard.config.rules.secret_in_environment as _config
	in_entrypoint == {_named("entrypoint", name, number)}
}

test_allow_options_and_variables_without_a_credential[words] if {
	some words in [
		["--password"],
		["--password", "--x"],
		["--password="],
		["--password=''"],
		["--password=true"],
		["--password", "null"],
		["--secret-x_arn", "a"],
		["--secret", "arn:aws:secretsmanager:eu-west-1:1:secret:db"],
		["a--password", "hunter2"],
		["password", "hunter2"],
		["my password", "hunter2"],
		["xMY_SECRET+hunter2"],
		["MY_SECRET"],
		["MY_SECRET=", "python"],
		["--path=/x?password"],
	]
	r := rule.findings with input as _command(null, words)
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

test_deny_a_credential_behind_an_option_once if {
	r := rule.findings with input as _command(null, ["--password", _credentials.github, "more"])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_word("arguments", 2)}
}

test_values_of_the_command_never_appear if {
	r := rule.findings with input as _command(["TOKEN=hunter2"], ["--password", "hunter2"])
		with data.guard.config.rules.secret_in_environment as _config
	count(r) == 2
	not contains(json.marshal(r), "hunter2")
}

test_deny_names if {
	r := rule.findings with input as _job([["hub_token", "x"]], [["DB_PASSWORD_1", "x"], ["TOKEN", "0"]])
		with data.guard.config.rules.secret_in_environment as _config
	r == {
		_by_name("HyperParameters", "hub_token", 1),
		_by_name("Environment", "DB_PASSWORD_1", 0),
		_by_name("Environment", "TOKEN", 1),
	}
}

test_deny_names_with_their_words_in_capitals[name] if {
	some name in ["hubToken", "HFToken", "myHubToken", "s3Token"]
	r := rule.findings with input as _job([[name, "x"]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_name("HyperParameters", name, 1)}
}

test_deny_options_with_their_words_in_capitals if {
	r := rule.findings with input as _command(null, ["--hubToken", "x", "--padToken", "y"])
		with data.guard.config.rules.secret_in_environment as _config
	count(r) == 1
	{finding.details.name | some finding in r} == {"hubToken"}
}

test_entry_is_the_first_that_matches if {
	r := rule.findings with input as _job([], [["SECRET_PASSWORD", "x"]])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_name("Environment", "SECRET_PASSWORD", 0)}
}

test_allow_other_names[name] if {
	some name in [
		"tokenizer", "max_tokens", "mytoken", "pass", "DB_SECRET_ARN", "pad_token",
		"dbSecretArn", "padToken", "mytokeN", "MYTOKEN",
	]
	r := rule.findings with input as _job([[name, "x"]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

test_allow_nothing_under_a_secret_name[value] if {
	some value in ["", `""`, "null", "None", `"true"`, "FALSE", " "]
	r := rule.findings with input as _job([["hub_token", value]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

test_deny_near_misses_of_nothing[value] if {
	some value in ["truex", "xnull", "0"]
	r := rule.findings with input as _job([["hub_token", value]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_name("HyperParameters", "hub_token", 1)}
}

test_allow_reference_under_a_secret_name if {
	reference := "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db"
	r := rule.findings with input as _job([["secret", sprintf("%q", [reference])]], [["SECRET", reference]])
		with data.guard.config.rules.secret_in_environment as _config
	r == set()
}

test_allow_what_the_only_expression_of_a_list_matches if {
	config := {"names": ["token"], "harmless_names": ["^pad_"], "harmless_values": ["^a$"]}
	r := rule.findings with input as _job([["pad_token", "x"], ["token", "a"]], [])
		with data.guard.config.rules.secret_in_environment as config
	r == set()
}

test_deny_credential_under_a_harmless_name if {
	r := rule.findings with input as _job([["pad_token", _credentials.github]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_value("HyperParameters", "pad_token")}
}

test_deny_credential_under_a_secret_name_once if {
	r := rule.findings with input as _job([["hub_token", _credentials.github]], [])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_value("HyperParameters", "hub_token")}
}

test_value_never_appears if {
	r := rule.findings with input as _job([["hub_token", _credentials.github]], [])
		with data.guard.config.rules.secret_in_environment as _config
	count(r) == 1
	not contains(json.marshal(r), _credentials.github)
}

test_deny_every_name_when_the_lists_are_missing if {
	every rules in _unset {
		r := rule.findings with input as _job([["a", "x"]], []) with data.guard.config.rules as rules
		r == {{
			"message": "The setting a in HyperParameters is named like a credential and has a value.",
			"details": {
				"config": "rules.secret_in_environment.names[0]",
				"slot": "HyperParameters",
				"setting": "a",
				"entry": "",
			},
		}}
	}
}

test_allow_every_name_when_the_list_is_empty if {
	r := rule.findings with input as _job([["password", "x"]], [])
		with data.guard.config.rules.secret_in_environment as {"level": "deny", "names": []}
	r == set()
}

test_remediation_says_what_to_do if contains(rule.remediation, "Secrets Manager")

_by_number(part) := {
	"message": sprintf("More than 100 names in the %s look like names of credentials.", [part]),
	"details": {"config": "rules.secret_in_environment.names", "part": part},
}

_numbered(form, number) := [sprintf(form, [i]) | some i in numbers.range(1, number)]

test_count_more_than_100_options[part] if {
	some part, command in {
		"entrypoint": _command(_numbered("--hubToken=%d", 101), null),
		"arguments": _command(null, _numbered("SECRET%d=true", 101)),
	}
	r := rule.findings with input as command with data.guard.config.rules.secret_in_environment as _config
	r == {_by_number(part)}
}

test_deny_each_of_100_options if {
	words := array.concat(_numbered("--password%d=x", 100), _numbered("--epochs-%d=x", 20))
	r := rule.findings with input as _command(null, words) with data.guard.config.rules.secret_in_environment as _config
	r == {_named("arguments", sprintf("password%d", [i]), 0) | some i in numbers.range(1, 100)}
}

test_count_more_than_100_settings[form] if {
	some form in ["DB_PASSWORD_%d", "hub%dToken"]
	r := rule.findings with input as _job([], [[name, "x"] | some name in _numbered(form, 101)])
		with data.guard.config.rules.secret_in_environment as _config
	r == {_by_number("settings")}
}

test_deny_each_of_100_settings if {
	pairs := [[name, "x"] | some name in array.concat(_numbered("PASSWORD_%d", 100), _numbered("EPOCHS_%d", 20))]
	r := rule.findings with input as _job([], pairs) with data.guard.config.rules.secret_in_environment as _config
	r == {_by_name("Environment", sprintf("PASSWORD_%d", [i]), 0) | some i in numbers.range(1, 100)}
}

test_allow_any_number_of_names_without_a_list if {
	document := object.union(
		_job([], [[name, "x"] | some name in _numbered("PASSWORD_%d", 101)]),
		{"command": {"entrypoint": _numbered("--password%d=x", 101), "arguments": null}},
	)
	r := rule.findings with input as document
		with data.guard.config.rules.secret_in_environment as object.union(_config, {"names": []})
	r == set()
}

test_deny_names_by_the_only_expression if {
	command := {"entrypoint": ["--password=x"], "arguments": null}
	document := object.union(_job([], [["PASSWORD", "x"]]), {"command": command})
	r := rule.findings with input as document
		with data.guard.config.rules.secret_in_environment as object.union(_config, {"names": ["password"]})
	r == {_by_name("Environment", "PASSWORD", 0), _named("entrypoint", "password", 0)}
}
