package guard.rules.approved_model_test

import data.guard.rules.approved_model as rule

_config := {"level": "deny", "statuses": ["Approved"], "status_required": false}

_strict := {"level": "deny", "statuses": ["Approved"], "status_required": true}

_package(name, status) := {"origin": {"type": "model-package", "name": name}, "approval_status": status}

_model := {"origin": {"type": "model", "name": "m"}, "approval_status": null}

_unapproved(name, status) := {
	"message": sprintf("The model package %s is not approved: its status is %s.", [name, status]),
	"details": {"config": "rules.approved_model.statuses", "model_package": name, "approval_status": status},
}

_without(name) := {
	"message": sprintf("The model package %s has no approval status.", [name]),
	"details": {"config": "rules.approved_model.status_required", "model_package": name, "approval_status": null},
}

test_allow_approved_packages_and_models if {
	r := rule.findings with input as {"models": [_model, _package("a", "Approved")]}
		with data.guard.config.rules.approved_model as _strict
	r == set()
}

test_deny_other_statuses[status] if {
	some status in ["PendingManualApproval", "Rejected", "approved", ""]
	r := rule.findings with input as {"models": [_package("a", "Approved"), _package("b", status)]}
		with data.guard.config.rules.approved_model as _config
	r == {_unapproved("b", status)}
}

test_status_may_be_required if {
	lax := rule.findings with input as {"models": [_package("a", null)]}
		with data.guard.config.rules.approved_model as _config
	lax == set()
	strict := rule.findings with input as {"models": [_package("a", null)]}
		with data.guard.config.rules.approved_model as _strict
	strict == {_without("a")}
}

test_allow_jobs_without_models if {
	every models in [null, []] {
		r := rule.findings with input as {"models": models} with data.guard.config.rules.approved_model as _strict
		r == set()
	}
}

test_deny_every_status_when_the_parameters_are_missing if {
	every rules in [{}, {"approved_model": {"statuses": {"a": "Approved"}, "status_required": "true"}}] {
		r := rule.findings with input as {"models": [_package("a", "Approved"), _package("b", null)]}
			with data.guard.config.rules as rules
		r == {_unapproved("a", "Approved")}
	}
}

test_remediation_says_what_to_do if contains(rule.remediation, "approved")
