# METADATA
# title: Code from approved places
# description: |
#   Code that a job loads into an approved image must come from a bucket that a glob of the list `buckets` matches,
#   or lie in the container at a path that a glob of `container_paths` matches. The rule reads the settings
#   `sagemaker_submit_directory` and `sagemaker_program` (hyperparameters, which the SDK quotes as JSON, and
#   environment, there in capitals), the variable `SAGEMAKER_BASE_DIR`, below which the toolkits look for code, the
#   argument `--s3_base_uri`, below which a remote function lies, settings that name another server for S3 than AWS's
#   (such as `S3_ENDPOINT_URL`), the inputs whose name is in `code_inputs` or
#   whose local path lies under one of `code_paths`, and the checkpoints that SageMaker restores to one of `code_paths`
#   or `container_paths`, or above. A program must be a plain path, and one named by a relative path lies in the submit
#   directory. A place that is not known is a finding. Without a list nothing is approved and every input and checkpoint
#   counts as code. Data that a program loads by itself stays unseen, and so does code in other checkpoints, in a
#   model's artifact, below an input whose local path is above a code path, and in the scripts of Model Monitor and of
#   Debugger's rules: `data_location` judges their buckets. Of a setting's value only the name of a bucket appears in
#   the finding, and only if it can be one.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers-adapt-your-own.html
#   - https://github.com/aws/sagemaker-training-toolkit
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Upload your code to a bucket that the configuration approves (`code_location` or `default_bucket` in the
#     SageMaker Python SDK), or build it into the image; keep checkpoints in a folder of their own.
#   parameters:
#     buckets:
#       description: Buckets that code may come from.
#       type: array
#       items:
#         type: string
#         format: glob-of-buckets
#         must_not_match: [bucket-of-somebody-else, sagemaker-of-somebody-else]
#     container_paths:
#       description: Paths in the container where code may lie.
#       type: array
#       items:
#         type: string
#         format: glob
#         must_not_match: [/folder/of/somebody/else]
#       default: []
#     code_inputs:
#       description: Names of inputs that hold code.
#       type: array
#       items:
#         type: string
#         format: glob
#     code_paths:
#       description: Absolute paths; an input mounted at or below one, or a checkpoint restored to it, holds code.
#       type: array
#       items:
#         type: string
#         pattern: ^(/[^/]+)+$
package guard.rules.script_mode

import data.guard.lib.checkpoints
import data.guard.lib.globs
import data.guard.lib.storage
import data.guard.parameters
import data.guard.settings
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Code from places that aren't approved, or not known.
findings contains {
	"message": sprintf("The setting %s in %s loads code from %s, which is not approved.", [
		name,
		slot,
		_shown(found),
	]),
	"details": {
		"config": "rules.script_mode.buckets",
		"slot": slot,
		"setting": name,
		"bucket": _bucket(found),
		"allowed": _buckets,
	},
} if {
	some i, name in settings.names
	name in {
		"SAGEMAKER_BASE_DIR",
		"SAGEMAKER_PROGRAM",
		"SAGEMAKER_SUBMIT_DIRECTORY",
		"sagemaker_program",
		"sagemaker_submit_directory",
	}
	setting := settings.listed[i]
	value := _unquoted(setting.value)
	not _approved(name, value)
	slot := setting.slot
	found := storage.bucket(value)
}

findings contains {
	"message": sprintf("The setting %s in %s loads code from a server that is not S3: bucket names there prove nothing.", [
		setting.name,
		setting.slot,
	]),
	"details": {"config": "rules.script_mode", "slot": setting.slot, "setting": setting.name},
} if {
	some i in settings.named(storage.servers)
	setting := settings.listed[i]
	not storage.is_server_of_s3(setting.value)
}

findings contains {
	"message": sprintf("The input %s brings code from %s, which is not approved.", [place.name, _shown(place.bucket)]),
	"details": {
		"config": "rules.script_mode.buckets",
		"input": place.name,
		"local_path": place.local_path,
		"bucket": _bucket(place.bucket),
		"allowed": _buckets,
	},
} if {
	some place in input.storage.inputs
	_holds_code(place.name, place.local_path)
	not globs.matches(_buckets, place.bucket)
}

findings contains {
	"message": sprintf("The checkpoint %s brings code from %s, which is not approved.", [
		place.name,
		_shown(place.bucket),
	]),
	"details": {
		"config": "rules.script_mode.buckets",
		"output": place.name,
		"local_path": place.local_path,
		"bucket": _bucket(place.bucket),
		"allowed": _buckets,
	},
} if {
	some place in checkpoints.restored(input.storage.outputs)
	not globs.matches(_buckets, place.bucket)
	_is_restored_over_code(storage.path(place.local_path))
}

findings contains {
	"message": sprintf("The command's option --s3_base_uri loads code from %s, which is not approved.", [_shown(found)]),
	"details": {
		"config": "rules.script_mode.buckets",
		"option": "--s3_base_uri",
		"bucket": _bucket(found),
		"allowed": _buckets,
	},
} if {
	command := concat("\n", [word | some part in ["entrypoint", "arguments"]; some word in input.command[part]])
	contains(command, "remote_function")
	some [_, address] in regex.find_all_string_submatch_n(_base, regex.replace(command, `["'\\]`, ""), -1)
	found := storage.bucket(address)
	not globs.matches(_buckets, found)
}

# Of the SageMaker Python SDK's remote functions, whose driver is named by `remote_function`. Python's argparse takes
# the option by its beginnings, too.
_base := `(?:^|\s)--s3_b(?:a(?:s(?:e(?:_(?:u(?:ri?)?)?)?)?)?)?[=\s]+(\S+)`

_programs := {"sagemaker_program", "SAGEMAKER_PROGRAM"}

_unquoted(value) := text if {
	json.is_valid(value)
	text := json.unmarshal(value)
	is_string(text)
} else := value

_approved(name, value) if {
	name in _programs
	regex.match(`^(?:\./)*[A-Za-z0-9_][A-Za-z0-9._+/-]*$`, value)
	storage.path(sprintf("/%s", [value])) != null
}

_approved("SAGEMAKER_BASE_DIR", "/opt/ml")

# The SDK writes it for a model without code of its own; the toolkits then take /opt/ml/code or /opt/ml/model/code.
_approved(_, "")

_approved(_, value) if globs.matches(_buckets, storage.bucket(value))

_approved(name, value) if {
	globs.matches(_container_paths, storage.path(trim_prefix(value, "file://")))
	_is_one_word(name, value)
}

# Older toolkits put the program behind `python`, where an option is code, or into a line for a shell.
_is_one_word(_, value) if regex.match(`^[\w.+/:@-]+$`, value)

_is_one_word(name, _) if not name in _programs

_holds_code(name, _) if globs.matches(_code_inputs, name)

# A channel's folder is named after it, and these names are allowed: what lies below `code/` in S3 is the channel
# `code`.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
_holds_code(name, _) if name in {".", ".."}

_holds_code(_, local_path) if {
	is_string(local_path)
	_under_code_path(storage.path(local_path))
}

# Where a path with `..` ends, nobody knows.
_under_code_path(null)

_under_code_path(path) if {
	some root in _code_paths
	storage.is_within(path, root)
}

_is_restored_over_code(path) if _under_code_path(path)

_is_restored_over_code(path) if globs.matches(_container_paths, path)

# A folder of code may lie in what was stored of one above it.
_is_restored_over_code(path) if {
	some root in _code_paths
	storage.is_within(root, path)
}

_is_restored_over_code(path) if globs.matches(_above_container_paths, path)

# What is above a place that a glob matches, a beginning of the glob matches.
_above_container_paths contains concat("/", array.slice(steps, 0, i)) if {
	some pattern in _container_paths
	steps := split(pattern, "/")
	some i, _ in steps
}

_shown(bucket) := sprintf("bucket %s", [bucket]) if {
	storage.is_bucket(bucket)
} else := "S3 with an invalid bucket name" if {
	is_string(bucket)
} else := "a place outside S3"

_bucket(name) := name if storage.is_bucket(name)

else := null

default _buckets := []

_buckets := given if {
	given := parameters.globs.script_mode.buckets
	is_array(given)
}

default _container_paths := []

_container_paths := given if {
	given := parameters.globs.script_mode.container_paths
	is_array(given)
}

default _code_inputs := ["*"]

_code_inputs := given if {
	given := parameters.globs.script_mode.code_inputs
	is_array(given)
}

default _code_paths := [""]

_code_paths := given if {
	given := parameters.of.script_mode.code_paths
	is_array(given)
}
