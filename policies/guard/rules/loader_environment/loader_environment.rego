# METADATA
# title: Code through the loader's environment
# description: |
#   An environment variable that tells a loader or an interpreter where to find code (`variables`, such as LD_PRELOAD,
#   PYTHONPATH, BASH_ENV) may only name places of the image itself: each path of its value must lie at or below one of
#   `trusted_paths`. A relative path, a path of an input and an address of S3 are places that the job's owner writes
#   to, a path with `..` goes up from where a link leads, and the folder of a checkpoint is the owner's wherever it
#   lies; an empty entry of a search path (`/usr/lib:`) is the folder that the program runs in, and so one of them, and
#   an empty bundle of certificates (`AWS_CA_BUNDLE`) may be none that is verified. Of variables that give an
#   interpreter options (`options`) only what the regular expression finds counts: what its groups hold, or all of it
#   where it has none, must be such paths of the image. So must what it finds in a hyperparameter of SageMaker's own,
#   such as the options for MPI. A folder in which programs look for a user's settings, packages and caches
#   (`user_folders`, such as HOME) may also lie at or below one of `user_paths`, which are empty when a container
#   starts or the image's, unless a checkpoint is restored to it or below it. Web addresses, such as package indexes,
#   are for the rule `remote_code`. Names compare with regard to case, as Linux does, but for npm's, and
#   GIT_CONFIG_KEY_0 means those with other numbers, too. No value appears in a finding. Without `variables` every
#   variable counts, without `trusted_paths` no path is trusted.
# related_resources:
#   - https://man7.org/linux/man-pages/man8/ld.so.8.html
#   - https://docs.python.org/3/using/cmdline.html#environment-variables
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Remove the variable from the job's environment, and build what it loads into the image.
#   pointless:
#   - variables: []
#     options: {}
#     user_folders: []
#   parameters:
#     variables:
#       description: Names of variables that tell where code is loaded from.
#       type: array
#       items:
#         type: string
#         description: The name of a variable as it is; no glob.
#         pattern: ^[A-Za-z_][A-Za-z0-9_]{0,127}$
#     options:
#       description: >-
#         By variable, or hyperparameter named sagemaker_..., what its options that load code look like; the group
#         is the place.
#       type: object
#       default: {}
#       propertyNames:
#         pattern: ^.{1,128}$
#       additionalProperties:
#         type: string
#         format: regex
#     trusted_paths:
#       description: Absolute paths in the image that jobs don't write to.
#       type: array
#       default: []
#       items:
#         type: string
#         pattern: ^(/[^/]+)+$
#         format: path-of-images
#     user_folders:
#       description: Names of variables that tell where programs find, and write, what is a user's.
#       type: array
#       default: []
#       items:
#         type: string
#         description: The name of a variable as it is; no glob.
#         pattern: ^[A-Za-z_][A-Za-z0-9_]{0,127}$
#     user_paths:
#       description: Further absolute paths for user_folders, in which nothing of the job's owner lies at the start.
#       type: array
#       default: []
#       items:
#         type: string
#         description: Not where SageMaker mounts inputs, /opt/ml.
#         pattern: ^(?!/opt(/ml(/.*)?)?$)(/[^/]+)+$
package guard.rules.loader_environment

import data.guard.lib.checkpoints
import data.guard.lib.storage
import data.guard.parameters
import data.guard.settings
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Variables that load code from places of the job's owner.
findings contains {
	"message": sprintf("The variable %s in %s may load code from outside the image.", [
		setting.name,
		setting.slot,
	]),
	"details": {"config": "rules.loader_environment", "slot": setting.slot, "setting": setting.name},
} if {
	_may_load_code
	some setting in input.environment
	_loads_code(setting.name)
	_names_other_places(setting.name, setting.value)
}

findings contains {
	"message": sprintf("The variable %s in %s may load code from a folder that the owner can write to.", [
		setting.name,
		setting.slot,
	]),
	"details": {"config": "rules.loader_environment.user_folders", "slot": setting.slot, "setting": setting.name},
} if {
	_may_be_set(_user_folders)
	some setting in input.environment
	_name(setting.name) in _folder_names
	some place in regex.split(`[:;,\s]+`, setting.value)
	place != ""
	not _is_of_user(place)
}

findings contains {
	"message": sprintf("The variable %s in %s may make an interpreter load the owner's code.", [
		setting.name,
		setting.slot,
	]),
	"details": {
		"config": sprintf("rules.loader_environment.options.%s", [variable]),
		"slot": setting.slot,
		"setting": setting.name,
	},
} if {
	_may_be_set(object.keys(_options))
	some setting in array.concat(input.environment, _sagemaker_settings)
	name := _name(setting.name)
	name in _option_names
	some [variable, expression] in _expressions[name]
	some found in regex.find_all_string_submatch_n(expression, setting.value, -1)
	some place in regex.split(`[:,'"]+`, _place(found))
	place != ""
	not _is_trusted(place)
}

# What the groups found, of which an expression may have one for each of its alternatives; without a group all of it.
_place([text]) := text

_place(found) := concat("", array.slice(found, 1, count(found))) if count(found) > 1

# Most jobs set none of the variables: all names at once tell.
_may_load_code if _may_be_set(_variables)

_may_load_code if _every_variable

# Hyperparameters that reach no loader are among them: it costs their job a closer look, nothing else.
_may_be_set(names) if strings.any_prefix_match(settings.lower_names, _beginnings(names))

# Of names with a number, as GIT_CONFIG_KEY_0, what stands before it.
_beginnings(names) := split(regex.replace(lower(concat("\n", names)), `(?m)_\d+$`, "_"), "\n")

# Its toolkits read them; what others are named like a variable of the environment reaches no loader.
_sagemaker_settings := [setting |
	some setting in input.hyperparameters
	startswith(setting.name, "sagemaker_")
]

_loads_code(name) if _name(name) in _names

_loads_code(_) if _every_variable

_names contains _name(variable) if some variable in _variables

_folder_names contains _name(variable) if some variable in _user_folders

# npm takes its variables in any case: https://docs.npmjs.com/cli/using-npm/config
_name(variable) := upper(variable) if {
	regex.match(`(?i)^npm_config_`, variable)
} else := "GIT_CONFIG_KEY_0" if {
	# A number for each: https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
	regex.match(`^GIT_CONFIG_KEY_\d+$`, variable)
} else := variable

# An empty entry is the current folder, which is often the owner's: https://man7.org/linux/man-pages/man8/ld.so.8.html
# pip takes one of XDG_CONFIG_DIRS so, too.
_names_other_places(name, value) if {
	regex.match(`(?i)(?:path|_dirs)$`, name)
	regex.match(`^:|::|:$`, value)
}

# An empty one turned botocore's verification off, up to 1.34 at least.
_names_other_places(name, "") if endswith(name, "_CA_BUNDLE")

_names_other_places(name, value) if {
	some place in regex.split(`[:;,\s]+`, _places(name, value))
	place != ""
	not _is_trusted(place)
}

# Only what installs packages takes addresses: those of the web, some with a name, which `remote_code` judges, and
# `file:`, behind which stands a path of the container. To all others a colon ends a place: `file` is a folder.
_places(name, value) := regex.replace(value, `(?i)(?:[\w.-]+=)?https?://[^\s;,]*|\bfile:(?://localhost)?`, " ") if {
	regex.match(`(?i)^(?:conda|mamba|npm|pip|uv|yarn)_`, name)
} else := value

_is_trusted(place) if {
	path := storage.path(place)
	some trusted in _trusted_paths
	storage.is_within(path, trusted)
	not _is_restored(_merged(path))
}

_is_of_user(place) if {
	path := storage.path(place)
	some allowed in array.concat(_trusted_paths, _user_paths)
	storage.is_within(path, allowed)
	not _holds_restored(_merged(path))
}

# What a program looks for lies somewhere below its folder.
_holds_restored(path) if _is_restored(path)

_holds_restored(path) if {
	some folder in _folders
	storage.is_within(folder, path)
}

# SageMaker writes what the owner stored in S3 there, before the program starts.
_is_restored(path) if {
	some folder in _folders
	storage.is_within(path, folder)
}

_folders contains _folder(storage.path(checkpoint.local_path)) if {
	some checkpoint in checkpoints.restored(input.storage.outputs)
}

# A path that isn't absolute, or goes up, may end anywhere.
_folder(path) := _merged(path) if {
	is_string(path)
} else := ""

# In most images one is a link to the other: https://wiki.debian.org/UsrMerge
_merged(path) := regex.replace(path, `^/(bin|lib[a-z0-9]*|sbin)(/|$)`, "/usr/$1$2")

_variables := given if {
	given := parameters.of.loader_environment.variables
	is_array(given)
}

_every_variable if not _variables

# To look one up in `_expressions` takes a look at all options.
_option_names contains _name(variable) if some variable, _ in _options

_expressions[_name(variable)] contains [variable, expression] if some variable, expression in _options

default _options := {}

_options := given if {
	given := parameters.of.loader_environment.options
	is_object(given)
}

default _trusted_paths := []

_trusted_paths := given if {
	given := parameters.of.loader_environment.trusted_paths
	is_array(given)
}

default _user_folders := []

_user_folders := given if {
	given := parameters.of.loader_environment.user_folders
	is_array(given)
}

default _user_paths := []

_user_paths := given if {
	given := parameters.of.loader_environment.user_paths
	is_array(given)
}
