package guard.rules.labeling_workforce_test

import data.guard.rules.labeling_workforce as rule

_config := {
	"level": "deny",
	"workteams": ["arn:aws:sagemaker:*:{account}:workteam/private-crowd/*"],
	"functions": ["arn:aws:lambda:*:{account}:function:*", "arn:aws:lambda:*:432418664414:function:PRE-*"],
}

_team(account, name) := sprintf("arn:aws:sagemaker:us-east-1:%s:workteam/%s", [account, name])

_function(account, name) := sprintf("arn:aws:lambda:us-east-1:%s:function:%s", [account, name])

_own := _team("111122223333", "private-crowd/team")

_job(team, functions) := {
	"account": "111122223333",
	"region": "us-east-1",
	"partition": "aws",
	"labeling": {"workteam_arn": team, "lambda_arns": functions},
}

_allowed(key) := [replace(glob, "{account}", "111122223333") | some glob in _config[key]]

_other_team(team, note) := {
	"message": sprintf("The work team %s%s is not allowed.", [team, note]),
	"details": {"config": "rules.labeling_workforce.workteams", "workteam": team, "allowed": _allowed("workteams")},
}

_other_function(name) := {
	"message": sprintf("The Lambda function %s, which sees the data, is not allowed.", [name]),
	"details": {"config": "rules.labeling_workforce.functions", "function": name, "allowed": _allowed("functions")},
}

test_allow_own_team_and_functions if {
	functions := [_function("111122223333", "pre"), _function("432418664414", "PRE-BoundingBox")]
	r := rule.findings with input as _job(_own, functions) with data.guard.config.rules.labeling_workforce as _config
	r == set()
}

test_deny_the_public_crowd if {
	team := _team("394669845002", "public-crowd/default")
	r := rule.findings with input as _job(team, []) with data.guard.config.rules.labeling_workforce as _config
	r == {_other_team(team, ", the public crowd,")}
}

test_deny_other_teams[team] if {
	some team in [_team("444455556666", "private-crowd/team"), _team("111122223333", "vendor-crowd/x")]
	r := rule.findings with input as _job(team, []) with data.guard.config.rules.labeling_workforce as _config
	r == {_other_team(team, "")}
}

test_deny_other_functions[name] if {
	some name in [_function("444455556666", "PRE-BoundingBox"), _function("432418664414", "evil")]
	r := rule.findings with input as _job(_own, [_function("111122223333", "pre"), name])
		with data.guard.config.rules.labeling_workforce as _config
	r == {_other_function(name)}
}

test_allow_jobs_without_labeling if {
	every document in [{"labeling": null}, _job(null, [])] {
		r := rule.findings with input as document with data.guard.config.rules.labeling_workforce as _config
		r == set()
	}
}

test_deny_everybody_when_the_lists_are_missing if {
	every rules in [{}, {"labeling_workforce": {"workteams": "*", "functions": "*"}}] {
		r := rule.findings with input as _job(_own, [_function("111122223333", "pre")]) with data.guard.config.rules as rules
		[finding.details.allowed | some finding in r] == [[], []]
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "private work team")

test_exports_its_kinds if rule.kinds == ["labeling"]
