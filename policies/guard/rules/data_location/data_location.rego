# METADATA
# title: Approved places for data
# description: |
#   Data may only be read from and written to approved places.
#
#   - An input or output in a bucket must be in a bucket that matches a glob in the list `buckets`. So must each S3 URI,
#     web address of S3 and ARN of a bucket in a setting, a query or the command. For an access point, `buckets` must
#     match its ARN, because its bucket may belong to another account.
#   - An input or output without a bucket must belong to an AWS account that matches a glob in `accounts` (if its ARN
#     names an account), or its URI or id must match a glob in `others`. For a file system, `others` can also match the
#     id followed by the directory (`fs-0abc/data/*`).
#   - Hub content, also as a base model or evaluator, must match a glob in `hub_contents`.
#   - Any other evaluator, an MLflow server, a model package group and a topic for labels must be in the job's own
#     account or match `accounts` or `others`.
#   - A setting that chooses the server for S3 requests (such as `AWS_ENDPOINT_URL`) must name AWS's own or match
#     `others`.
#
#   An unknown place is a finding. Without the lists no place is approved. The finding shows URIs without user,
#   password, query and fragment, and no text in the place of a bucket that isn't a valid bucket name; of a setting it
#   shows only the bucket. If the settings, the command or the queries name more than 100 places, that alone is the
#   finding. Addresses that a setting writes with JSON escapes (`s3:\/\/`) are not found.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Read from and write to the buckets that the configuration approves; copy the data there first if you may.
#   parameters:
#     buckets:
#       description: Approved buckets, and ARNs of approved access points.
#       type: array
#       items:
#         type: string
#         format: glob-of-buckets
#         must_not_match: [bucket-of-somebody-else, sagemaker-of-somebody-else]
#     accounts:
#       description: Approved AWS accounts, for places whose ARN names an account.
#       type: array
#       items:
#         type: string
#         format: glob-of-accounts
#       default: []
#     others:
#       description: >-
#         URIs, ARNs and ids of approved places without a bucket, such as file systems, optionally with a directory.
#       type: array
#       items:
#         type: string
#         format: glob
#       default: []
#     hub_contents:
#       description: ARNs of approved hub content, including base models.
#       type: array
#       items:
#         type: string
#         format: glob
#       default: []
package guard.rules.data_location

import data.guard.lib.availability
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
# description: Inputs and outputs outside the approved places.
findings contains {
	"message": sprintf("Input %s comes from %v, which is not an approved place.", [place.name, shown]),
	"details": {
		"config": "rules.data_location",
		"input": place.name,
		"type": place.type,
		"uri": shown,
		"bucket": _bucket(place.bucket),
		"account": place.account,
	},
} if {
	some place in input.storage.inputs
	_is_readable(place, "storage.inputs")
	not _approved(place)
	shown := _shown(place.uri)
}

findings contains {
	"message": sprintf("Output %s goes to %v, which is not an approved place.", [place.name, shown]),
	"details": {
		"config": "rules.data_location",
		"output": place.name,
		"uri": shown,
		"bucket": _bucket(place.bucket),
		"account": place.account,
	},
} if {
	some place in input.storage.outputs
	_is_readable(place, "storage.outputs")
	not _approved(place)
	shown := _shown(place.uri)
}

findings contains {
	"message": sprintf("The setting %s in %s names %s, which is not an approved place.", [
		setting.name,
		setting.slot,
		place,
	]),
	"details": {
		"config": "rules.data_location.buckets",
		"slot": setting.slot,
		"setting": setting.name,
		"bucket": _bucket(bucket),
	},
} if {
	_other_buckets.settings
	some i, value in settings.values
	regex.match(storage.hint, value)
	some bucket in _unapproved_buckets(value)
	setting := settings.listed[i]
	place := _shown_bucket(bucket)
}

findings contains {
	"message": sprintf("The setting %s in %s sends requests for S3 to a server that is not an approved place.", [
		setting.name,
		setting.slot,
	]),
	"details": {"config": "rules.data_location.others", "slot": setting.slot, "setting": setting.name},
} if {
	some i in settings.named(storage.servers)
	setting := settings.listed[i]
	not storage.is_server_of_s3(setting.value)
	not globs.matches(_others, setting.value)
}

findings contains {
	"message": sprintf("%s is %s, which is not in an approved account.", [name, arn]),
	"details": {"config": "rules.data_location.accounts", "name": name, "arn": arn},
} if {
	some [name, arn] in _other_resources
	not globs.matches(_accounts, _account(arn))
	not globs.matches(_others, arn)
}

findings contains {
	"message": sprintf("The command's %s name %s, which is not an approved place.", [part, place]),
	"details": {"config": "rules.data_location.buckets", "command": part, "bucket": _bucket(bucket)},
} if {
	_other_buckets.command
	some part, words in input.command
	some word in words
	regex.match(storage.hint, word)
	some bucket in _unapproved_buckets(word)
	place := _shown_bucket(bucket)
}

findings contains {
	"message": sprintf("The query of input %s names %s, which is not an approved place.", [place.name, shown]),
	"details": {"config": "rules.data_location.buckets", "input": place.name, "bucket": _bucket(bucket)},
} if {
	_other_buckets.queries
	some place in input.storage.inputs
	is_string(place.query.statement)
	some bucket in _unapproved_buckets(place.query.statement)
	shown := _shown_bucket(bucket)
}

findings contains {
	"message": sprintf("More than %d places are named in the %s, too many to compare with the approved ones.", [
		_most,
		part,
	]),
	"details": {"config": "rules.data_location.buckets", "part": part},
} if {
	some part, _ in _too_many_places
}

findings contains {
	"message": sprintf("%s is hub content %s, which is not approved.", [name, content]),
	"details": {"config": "rules.data_location.hub_contents", "input": name, "hub_content": content},
} if {
	some [name, content] in _hub_contents
	not globs.matches(_approved_hub_contents, content)
}

_hub_contents contains [sprintf("Input %s", [place.name]), content] if {
	some place in input.storage.inputs
	content := place.hub_content_arn
	is_string(content)
}

# A name that isn't an ARN belongs to a model of the service itself.
_hub_contents contains ["The base model", name] if {
	name := input.base_model.name
	startswith(name, "arn:")
}

_hub_contents contains ["The evaluator", arn] if {
	arn := input.base_model.evaluator_arn
	is_string(arn)
	contains(arn, ":hub-content/")
}

# The fields in the document of a `CreateJob` job are unknown, so every setting is checked.
_hub_contents contains [sprintf("The setting %s", [setting.name]), setting.value] if {
	input.job.kind == "customization"
	some setting in settings.listed
	regex.match(`^arn:[^:]*:sagemaker:[^:]*:[^:]*:hub-content/`, setting.value)
}

# Resources that receive data or models of the job but aren't its outputs. They need no approval in the job's own
# account.
_other_resources contains ["The evaluator", arn] if {
	arn := input.base_model.evaluator_arn
	_is_of_another_account(arn)
	not contains(arn, ":hub-content/")
}

_other_resources contains ["The MLflow server", arn] if {
	arn := input.mlflow.arn
	_is_of_another_account(arn)
}

_other_resources contains ["The model package group", arn] if {
	arn := input.package_group
	_is_of_another_account(arn)
}

_other_resources contains ["The topic of the labels", arn] if {
	some arn in input.labeling.topic_arns
	_is_of_another_account(arn)
	not arn in {place.uri | some place in input.storage.inputs}
}

_is_of_another_account(arn) if {
	is_string(arn)
	startswith(arn, "arn:")
	_account(arn) != input.account
}

# For text that isn't a whole ARN, a value that matches no account.
_account(arn) := regex.replace(arn, `^(?:[^:]*:){4}([^:]*).*`, "$1")

# A limit on work: a job's owner could name thousands of places, and no ordinary job needs more than these.
_most := 100

# The parts of the job that name more places than the limit.
_too_many_places[part] := true if {
	some part, text in _texts
	count(storage.places(text)) > _most
}

# The parts of the job that name a bucket which isn't approved. Most jobs have none, so that no value has to be compared
# by itself.
_other_buckets[part] := true if {
	some part, text in _texts
	not _too_many_places[part]
	_unapproved_buckets(text) != set()
}

# The parts of the job that name places, each as one text: no place extends over a line break. One object for all parts:
# a partial rule keyed by part would evaluate all parts at every lookup.
# regal ignore:prefer-set-or-object-rule
_texts := {part: text |
	some part, text in {
		"settings": concat("\n", settings.values),
		"command": concat("\n", [word | some words in input.command; some word in words]),
		"queries": concat("\n", [place.query.statement |
			some place in input.storage.inputs
			is_string(place.query.statement)
		]),
	}
	regex.match(storage.hint, text)
}

_unapproved_buckets(value) := {bucket |
	some bucket in storage.named(value)
	not globs.matches(_buckets, bucket)
}

_shown_bucket(bucket) := sprintf("bucket %s", [bucket]) if storage.is_bucket(bucket)

else := "S3 with an invalid bucket name"

# A place without an address isn't reported while the call that returns the address fails temporarily.
_is_readable(place, _) if is_string(place.uri)

_is_readable(_, field) if availability.known(field, input)

_approved(place) if globs.matches(_buckets, place.bucket)

# The account in an access point's ARN doesn't show who owns the bucket, so only places without a bucket are approved by
# account.
_approved(place) if {
	place.bucket == null
	globs.matches(_accounts, place.account)
}

_approved(place) if {
	place.bucket == null
	globs.matches(_others, place.uri)
}

# For a glob that includes a file system's directory.
_approved(place) if {
	place.bucket == null
	is_string(place.path)
	path := storage.path(place.path)
	globs.matches(_others, sprintf("%v%s", [place.uri, path]))
}

_shown(address) := storage.shown(address) if is_string(address)

else := "an unknown place"

_bucket(name) := name if storage.is_bucket(name)

else := null

default _buckets := []

_buckets := given if {
	given := parameters.globs.data_location.buckets
	is_array(given)
}

default _accounts := []

_accounts := given if {
	given := parameters.globs.data_location.accounts
	is_array(given)
}

default _others := []

_others := given if {
	given := parameters.globs.data_location.others
	is_array(given)
}

default _approved_hub_contents := []

_approved_hub_contents := given if {
	given := parameters.globs.data_location.hub_contents
	is_array(given)
}
