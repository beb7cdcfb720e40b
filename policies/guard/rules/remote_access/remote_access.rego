# METADATA
# title: Ways into the container
# description: |
#   Nobody may open a shell in a running job: remote debugging must be off, and no environment variable or
#   hyperparameter may have a name that matches a glob in the list `settings` (without regard to case), such as the
#   settings of helpers that start a Systems Manager agent. If a job can have remote debugging, an unknown state is a
#   finding. Without `settings` every name is denied.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/train-remote-debugging.html
#   - https://github.com/aws-samples/sagemaker-ssh-helper
# schemas:
#   - input: schema.input
# custom:
#   severity: medium
#   remediation: >-
#     Set RemoteDebugConfig.EnableRemoteDebug to false and remove the settings named in this finding; write logs and
#     checkpoints instead of looking into the container.
#   pointless:
#   - settings: []
#   parameters:
#     settings:
#       description: Names of settings that open a way into the container, in any case.
#       type: array
#       items:
#         type: string
#         description: A glob for the whole name, such as `*ssh*`; not a regular expression.
#         format: glob
#         pattern: ^[^\s^$]*$
package guard.rules.remote_access

import data.guard.lib.availability
import data.guard.lib.globs
import data.guard.lib.parts
import data.guard.parameters
import data.guard.settings

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Jobs that allow remote debugging or have settings that open a way into the container.
findings contains {
	"message": "Remote debugging is on: it gives a shell in the running container.",
	"details": {"config": "rules.remote_access", "debug": true},
} if {
	input.remote_access.debug == true
}

findings contains {
	"message": sprintf("Whether remote debugging is on is unknown for this %s job.", [input.job.kind]),
	"details": {"config": "rules.remote_access", "debug": null},
} if {
	input.remote_access.debug == null
	availability.known("remote_access", input)
	parts.has("remote-debug", input)
	_has_debug_setting
}

findings contains {
	"message": sprintf("The setting %s in %s opens a way into the container.", [setting.name, setting.slot]),
	"details": {
		"config": sprintf("rules.remote_access.settings[%d]", [number]),
		"slot": setting.slot,
		"setting": setting.name,
		"entry": entry,
	},
} if {
	some i in _matching(_any_name)
	number := globs.first(_names, settings.lower_names[i])
	setting := settings.listed[i]
	entry := _settings[number]
}

# A document that is older than `job.parts` has every part, but at that time only training jobs had this one.
_has_debug_setting if is_array(input.job.parts)

_has_debug_setting if input.job.kind == "training"

default _settings := ["*"]

_settings := given if {
	given := parameters.globs.remote_access.settings
	is_array(given)
}

_names := [lower(name) | some name in _settings]

_matching(pattern) := {i | some i, name in settings.lower_names; glob.match(pattern, null, name)}

# Comparing each setting with one combined glob is faster than with each glob.
_any_name := globs.any_of(_names)
