package guard.rules.remote_access_test

import data.guard.rules.remote_access as rule
import data.guard.testing

_unset := [
	{},
	{"remote_access": null},
	{"remote_access": {"settings": null}},
	{"remote_access": {"settings": "*"}},
]

_config := {"level": "deny", "settings": ["START_SSH", "ssm_*"]}

_job(kind, debug) := {
	"job": {"kind": kind},
	"remote_access": {"debug": debug},
	"hyperparameters": [],
	"environment": [],
}

_with_settings(hyperparameters, environment) := {
	"job": {"kind": "training"},
	"remote_access": {"debug": false},
	"hyperparameters": [{"slot": "HyperParameters", "name": name, "value": "v"} | some name in hyperparameters],
	"environment": [{"slot": "Environment", "name": name, "value": "v"} | some name in environment],
}

_setting(slot, name, number, entry) := {
	"message": sprintf("The setting %s in %s opens a way into the container.", [name, slot]),
	"details": {
		"config": sprintf("rules.remote_access.settings[%d]", [number]),
		"slot": slot,
		"setting": name,
		"entry": entry,
	},
}

_unknown(kind) := {
	"message": sprintf("Whether remote debugging is on is unknown for this %s job.", [kind]),
	"details": {"config": "rules.remote_access", "debug": null},
}

test_deny_remote_debugging_of_any_kind[kind] if {
	some kind in ["training", "processing"]
	r := rule.findings with input as _job(kind, true) with data.guard.config.rules.remote_access as _config
	r == {{
		"message": "Remote debugging is on: it gives a shell in the running container.",
		"details": {"config": "rules.remote_access", "debug": true},
	}}
}

_with_parts(kind, parts) := object.union(_job(kind, null), {"job": {"parts": parts}})

test_deny_unknown_where_the_job_can_have_the_setting if {
	every kind in ["training", "of-tomorrow"] {
		r := rule.findings with input as _with_parts(kind, ["remote-debug", "vpc"])
			with data.guard.config.rules.remote_access as _config
		r == {_unknown(kind)}
	}
}

test_allow_unknown_where_the_job_lacks_the_setting if {
	every kind in ["training", "processing"] {
		r := rule.findings with input as _with_parts(kind, ["vpc"]) with data.guard.config.rules.remote_access as _config
		r == set()
	}
}

test_deny_unknown_training_in_a_document_from_before_the_parts if {
	every document in [_job("training", null), _with_parts("training", null)] {
		r := rule.findings with input as document with data.guard.config.rules.remote_access as _config
		r == {_unknown("training")}
	}
}

test_allow_unknown_of_another_kind_in_a_document_from_before_the_parts if {
	every document in [_job("processing", null), _with_parts("processing", null)] {
		r := rule.findings with input as document with data.guard.config.rules.remote_access as _config
		r == set()
	}
}

test_allow_without_remote_debugging if {
	r := rule.findings with input as _job("training", false) with data.guard.config.rules.remote_access as _config
	r == set()
}

test_deny_settings_in_any_case if {
	r := rule.findings with input as _with_settings(["start_ssh"], ["SSM_ROLE", "START_SSH"])
		with data.guard.config.rules.remote_access as _config
	r == {
		_setting("HyperParameters", "start_ssh", 0, "START_SSH"),
		_setting("Environment", "SSM_ROLE", 1, "ssm_*"),
		_setting("Environment", "START_SSH", 0, "START_SSH"),
	}
}

test_allow_other_settings if {
	r := rule.findings with input as _with_settings(["start_ssh_x"], ["XSSM_ROLE", "SSM"])
		with data.guard.config.rules.remote_access as _config
	r == set()
}

test_deny_everything_when_the_lists_are_missing if {
	job := object.union(_with_settings([], ["A"]), {"remote_access": {"debug": null}})
	every rules in _unset {
		r := rule.findings with input as job with data.guard.config.rules as rules
		r == {_unknown("training"), _setting("Environment", "A", 0, "*")}
	}
}

test_remediation_names_the_field if contains(rule.remediation, "EnableRemoteDebug")

_gap_config := {"settings": []}

_gaps := [
	{"job": {"kind": "training"}, "remote_access": {"debug": null}},
]

_gap_findings(gap, field) := findings if {
	document := testing.input_without(gap, field)
	findings := rule.findings with input as document with data.guard.config.rules.remote_access as _gap_config
}

test_allow_while_the_fact_is_unavailable if {
	every gap in _gaps {
		_gap_findings(gap, "remote_access") == set()
	}
}

test_deny_when_an_unrelated_call_failed if {
	every gap in _gaps {
		count(_gap_findings(gap, "hyperparameters")) > 0
	}
}
