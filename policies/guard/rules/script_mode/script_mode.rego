# METADATA
# title: Code from approved places
# description: |
#   Code that a job loads into an approved image must come from a bucket that matches a glob in the list `buckets`, or
#   be in the container at a path that matches a glob in `container_paths`. The rule reads
#
#   - the settings `sagemaker_submit_directory` and `sagemaker_program`, as hyperparameters, which the SDK quotes as
#     JSON, and, in capitals, as environment variables. A program must be a plain path; a relative path is in the submit
#     directory;
#   - the variable `SAGEMAKER_BASE_DIR`, the folder below which the toolkits look for code;
#   - the argument `--s3_base_uri`, the folder of a remote function;
#   - settings that choose another server for S3 requests than AWS's, such as `S3_ENDPOINT_URL`;
#   - inputs whose name matches `code_inputs`, or whose local path is one of `code_paths` or below one;
#   - checkpoints that SageMaker restores to one of `code_paths` or `container_paths`, or to a folder above.
#
#   An unknown place is a finding. Without a list nothing is approved, and every input and checkpoint counts as code.
#   The rule doesn't find data that a program loads by itself, nor code in other checkpoints, in a model's artifact,
#   below an input whose local path is above a code path, and in the scripts of Model Monitor and of Debugger's rules:
#   `data_location` checks their buckets. A finding shows of a setting's value only the bucket, if it has a valid name.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/docker-containers-adapt-your-own.html
#   - https://github.com/aws/sagemaker-training-toolkit
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Upload your code to a bucket that the configuration approves (`code_location` or `default_bucket` in the
#     SageMaker Python SDK), or build it into the image. Restore checkpoints to a folder of their own.
#   parameters:
#     buckets:
#       description: Buckets that code may come from.
#       type: array
#       items:
#         type: string
#         format: glob-of-buckets
#         must_not_match: [bucket-of-somebody-else, sagemaker-of-somebody-else]
#     container_paths:
#       description: Paths in the container where code may be.
#       type: array
#       items:
#         type: string
#         format: glob
#         must_not_match: [/folder/of/somebody/else]
#       default: []
#     code_inputs:
#       description: Names of inputs that contain code.
#       type: array
#       items:
#         type: string
#         format: glob
#     code_paths:
#       description: >-
#         Absolute paths of code; an input mounted at or below one, or a checkpoint restored to it, contains code.
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
# description: Code from places that are unknown or not approved.
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

# An option of the SageMaker Python SDK's remote functions, whose driver's name contains `remote_function`. Python's
# argparse also accepts prefixes of the option.
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

# The SDK writes an empty value for a model without its own code; the toolkits then use /opt/ml/code or
# /opt/ml/model/code.
_approved(_, "")

_approved(_, value) if globs.matches(_buckets, storage.bucket(value))

_approved(name, value) if {
	globs.matches(_container_paths, storage.path(trim_prefix(value, "file://")))
	_is_one_word(name, value)
}

# Older toolkits put the program after `python`, where an option can be code, or into a line for a shell.
_is_one_word(_, value) if regex.match(`^[\w.+/:@-]+$`, value)

_is_one_word(name, _) if not name in _programs

_holds_code(name, _) if globs.matches(_code_inputs, name)

# A channel's folder has the channel's name, and SageMaker allows these names: with them, files below `code/` in S3 are
# mounted where the channel `code` would be.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
_holds_code(name, _) if name in {".", ".."}

_holds_code(_, local_path) if {
	is_string(local_path)
	_under_code_path(storage.path(local_path))
}

# The target of a path with `..` is unknown.
_under_code_path(null)

_under_code_path(path) if {
	some root in _code_paths
	storage.is_within(path, root)
}

_is_restored_over_code(path) if _under_code_path(path)

_is_restored_over_code(path) if globs.matches(_container_paths, path)

# A checkpoint of a folder above may contain the folder of code.
_is_restored_over_code(path) if {
	some root in _code_paths
	storage.is_within(root, path)
}

_is_restored_over_code(path) if globs.matches(_above_container_paths, path)

# A folder above a place that a glob matches is matched by the beginning of the glob.
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
