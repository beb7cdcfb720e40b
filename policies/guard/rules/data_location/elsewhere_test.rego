package guard.rules.data_location_test

import data.guard.rules.data_location as rule

_lambda(account) := sprintf("arn:aws:lambda:eu-west-1:%s:function:judge", [account])

_of(account) := [
	["The evaluator", _lambda(account), {"base_model": {"name": null, "evaluator_arn": _lambda(account)}}],
	[
		"The MLflow server",
		sprintf("arn:aws:sagemaker:eu-west-1:%s:mlflow-tracking-server/x", [account]),
		{"mlflow": {"arn": sprintf("arn:aws:sagemaker:eu-west-1:%s:mlflow-tracking-server/x", [account])}},
	],
	[
		"The model package group",
		sprintf("arn:aws:sagemaker:eu-west-1:%s:model-package-group/x", [account]),
		{"package_group": sprintf("arn:aws:sagemaker:eu-west-1:%s:model-package-group/x", [account])},
	],
	[
		"The topic of the labels",
		sprintf("arn:aws:sns:eu-west-1:%s:x", [account]),
		{"labeling": {"topic_arns": [sprintf("arn:aws:sns:eu-west-1:%s:x", [account])]}},
	],
]

_at_home(document) := object.union(document, {"account": "111122223333"})

test_deny_what_takes_data_in_another_account[[name, account]] if {
	some account in ["210987654321", ""]
	some [name, arn, document] in _of(account)
	r := rule.findings with input as _at_home(document) with data.guard.config.rules.data_location as _config
	r == {{
		"message": sprintf("%s is %s, which is not in an approved account.", [name, arn]),
		"details": {"config": "rules.data_location.accounts", "name": name, "arn": arn},
	}}
}

# The job's own account, and an account in `accounts`.
test_allow_what_takes_data_in_approved_accounts[[name, account]] if {
	some account in ["111122223333", "123456789012"]
	some [name, _, document] in _of(account)
	r := rule.findings with input as _at_home(document) with data.guard.config.rules.data_location as _config
	r == set()
}

test_allow_what_takes_data_and_is_listed[name] if {
	some [name, arn, document] in _of("210987654321")
	r := rule.findings with input as _at_home(document)
		with data.guard.config.rules.data_location as object.union(_config, {"others": [arn]})
	r == set()
}

test_allow_what_names_no_account[document] if {
	some document in [
		{"package_group": "x", "mlflow": null, "labeling": null, "base_model": null},
		{"package_group": null, "mlflow": {"arn": null}, "labeling": {"topic_arns": []}},
		{"base_model": {"name": null, "evaluator_arn": null}},
	]
	r := rule.findings with input as _at_home(document)
		with data.guard.config.rules.data_location as _config
	r == set()
}

test_report_a_topic_that_is_an_input_only_as_an_input if {
	topic := "arn:aws:sns:eu-west-1:210987654321:x"
	place := {"name": "InputConfig", "type": "sns", "uri": topic, "bucket": null, "account": "210987654321"}
	document := {"storage": {"inputs": [place], "outputs": []}, "labeling": {"topic_arns": [topic]}}
	r := rule.findings with input as _at_home(document) with data.guard.config.rules.data_location as _config
	count(r) == 1
	some finding in r
	finding.message == sprintf("Input InputConfig comes from %s, which is not an approved place.", [topic])
}

_served(name, value) := {
	"hyperparameters": [],
	"environment": [{"slot": "Environment", "name": name, "value": value}],
}

test_deny_another_server_for_s3 if {
	r := rule.findings with input as _served("AWS_ENDPOINT_URL_S3", "https://evil.example")
		with data.guard.config.rules.data_location as _config
	r == {{
		"message": concat(" ", [
			"The setting AWS_ENDPOINT_URL_S3 in Environment sends requests for S3",
			"to a server that is not an approved place.",
		]),
		"details": {
			"config": "rules.data_location.others",
			"slot": "Environment",
			"setting": "AWS_ENDPOINT_URL_S3",
		},
	}}
}

test_allow_an_approved_server_for_s3 if {
	r := rule.findings with input as _served("S3_ENDPOINT_URL", "https://minio.example")
		with data.guard.config.rules.data_location as object.union(_config, {"others": ["https://minio.example"]})
	r == set()
}

test_allow_a_server_of_s3_without_a_list if {
	r := rule.findings with input as _served("AWS_ENDPOINT_URL_S3", "https://s3.eu-west-1.amazonaws.com")
		with data.guard.config.rules.data_location as object.union(_config, {"others": []})
	r == set()
}
