# METADATA
# title: Code through the loader's environment
# description: |
#   Environment variables may not make a loader or an interpreter load code from outside the image.
#
#   - `variables` lists variables that contain places of code, such as PYTHONPATH and BASH_ENV. Each path in the value
#     must be one of `trusted_paths` or below one. Not trusted are relative paths, paths of inputs and addresses of S3,
#     which the job's owner can write to, paths with `..`, where a folder may be a link, and all folders to which a
#     checkpoint is restored. An empty entry of a search path (`/usr/lib:`) is not trusted either, because it stands for
#     the program's working folder, nor is an empty bundle of certificates (`AWS_CA_BUNDLE`), which may turn
#     verification off.
#   - `options` lists variables that contain options of interpreters, and hyperparameters of SageMaker's own, such as
#     the options for MPI, each with a regular expression. Only text that the expression finds is checked: its groups,
#     or the whole match if it has none, must be trusted paths.
#   - `user_folders` lists variables, such as HOME, for folders in which programs look for a user's settings, packages
#     and caches. They may also be one of `user_paths` or below one. These are empty or part of the image when a
#     container starts, and are not trusted if a checkpoint is restored to the folder or below it.
#
#   Web addresses, such as package indexes, are checked by the rule `remote_code`. Names are compared with regard to
#   case, as in Linux, except npm's; GIT_CONFIG_KEY_0 stands for all numbers. No value appears in a finding. Without
#   `variables` every variable is checked; without `trusted_paths` no path is trusted.
# related_resources:
#   - https://man7.org/linux/man-pages/man8/ld.so.8.html
#   - https://docs.python.org/3/using/cmdline.html#environment-variables
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Remove the variable from the job's environment, and build the code that it loads into the image.
#   pointless:
#   - variables: []
#     options: {}
#     user_folders: []
#   parameters:
#     variables:
#       description: Names of variables that contain places from which code is loaded.
#       type: array
#       items:
#         type: string
#         description: The exact name of a variable; not a glob.
#         pattern: ^[A-Za-z_][A-Za-z0-9_]{0,127}$
#     options:
#       description: >-
#         Regular expressions for options that load code, by variable or by hyperparameter named sagemaker_...; the
#         group is the place of the code.
#       type: object
#       default: {}
#       propertyNames:
#         pattern: ^.{1,128}$
#       additionalProperties:
#         type: string
#         format: regex
#     trusted_paths:
#       description: Absolute paths in the image to which jobs don't write.
#       type: array
#       default: []
#       items:
#         type: string
#         pattern: ^(/[^/]+)+$
#         format: path-of-images
#     user_folders:
#       description: Names of variables for folders in which programs find and write a user's files.
#       type: array
#       default: []
#       items:
#         type: string
#         description: The exact name of a variable; not a glob.
#         pattern: ^[A-Za-z_][A-Za-z0-9_]{0,127}$
#     user_paths:
#       description: >-
#         More absolute paths for user_folders, which contain nothing of the job's owner when a container starts.
#       type: array
#       default: []
#       items:
#         type: string
#         description: Not /opt/ml, where SageMaker mounts inputs.
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
# description: Variables that may load code from places to which the job's owner can write.
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

# The text of the groups, of which an expression may have one in each alternative; without a group the whole match.
_place([text]) := text

_place(found) := concat("", array.slice(found, 1, count(found))) if count(found) > 1

# Most jobs set none of the variables, which one look at all names shows.
_may_load_code if _may_be_set(_variables)

_may_load_code if _every_variable

# The names include hyperparameters, which reach no loader: such a job only takes a few more steps.
_may_be_set(names) if strings.any_prefix_match(settings.lower_names, _beginnings(names))

# The names in lower case, without the number of names such as GIT_CONFIG_KEY_0.
_beginnings(names) := split(regex.replace(lower(concat("\n", names)), `(?m)_\d+$`, "_"), "\n")

# SageMaker's toolkits read these hyperparameters. Others reach no loader, even if they are named like a variable.
_sagemaker_settings := [setting |
	some setting in input.hyperparameters
	startswith(setting.name, "sagemaker_")
]

_loads_code(name) if _name(name) in _names

_loads_code(_) if _every_variable

_names contains _name(variable) if some variable in _variables

_folder_names contains _name(variable) if some variable in _user_folders

# npm accepts its variables in any case: https://docs.npmjs.com/cli/using-npm/config
_name(variable) := upper(variable) if {
	regex.match(`(?i)^npm_config_`, variable)
} else := "GIT_CONFIG_KEY_0" if {
	# Git numbers these: https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
	regex.match(`^GIT_CONFIG_KEY_\d+$`, variable)
} else := variable

# An empty entry is the working folder, to which the owner can often write:
# https://man7.org/linux/man-pages/man8/ld.so.8.html
# pip treats empty entries of XDG_CONFIG_DIRS in the same way.
_names_other_places(name, value) if {
	regex.match(`(?i)(?:path|_dirs)$`, name)
	regex.match(`^:|::|:$`, value)
}

# An empty bundle turned botocore's verification off, up to 1.34 at least.
_names_other_places(name, "") if endswith(name, "_CA_BUNDLE")

_names_other_places(name, value) if {
	some place in regex.split(`[:;,\s]+`, _places(name, value))
	place != ""
	not _is_trusted(place)
}

# Only package installers accept addresses: web addresses, some with a name, which `remote_code` checks, and `file:`
# followed by a path in the container. For all other programs a colon ends a place, so that `file` is a folder.
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

# Programs look for files anywhere below a user's folder, so a checkpoint below it counts as well.
_holds_restored(path) if _is_restored(path)

_holds_restored(path) if {
	some folder in _folders
	storage.is_within(folder, path)
}

# Before the program starts, SageMaker fills the folder with files that the owner stored in S3.
_is_restored(path) if {
	some folder in _folders
	storage.is_within(path, folder)
}

_folders contains _folder(storage.path(checkpoint.local_path)) if {
	some checkpoint in checkpoints.restored(input.storage.outputs)
}

# A path that isn't absolute, or contains `..`, may lead anywhere.
_folder(path) := _merged(path) if {
	is_string(path)
} else := ""

# In most images /bin, /lib and /sbin are links to folders in /usr: https://wiki.debian.org/UsrMerge
_merged(path) := regex.replace(path, `^/(bin|lib[a-z0-9]*|sbin)(/|$)`, "/usr/$1$2")

_variables := given if {
	given := parameters.of.loader_environment.variables
	is_array(given)
}

_every_variable if not _variables

# Checked first, because a lookup in `_expressions` evaluates all options.
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
