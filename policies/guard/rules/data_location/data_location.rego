# METADATA
# title: Approved places for data
# description: |
#   Each input and output, and each S3 URI, web address or ARN of a bucket in a setting, a query or the command, must
#   be in a bucket that a glob of the list `buckets` matches, or in an AWS account (where an ARN names one) that a
#   glob of `accounts` matches (but for access points, whose bucket may be another account's: `buckets` takes their
#   ARNs); for what has no bucket, such as a file system, its URI or id must match a glob of `others`, or its id with
#   the directory behind it (`fs-0abc/data/*`). Hub content, also a base model and an evaluator, must match a glob of
#   `hub_contents`. An evaluator, an MLflow server, a model package group and a topic for labels must be in the job's
#   own account or match `accounts` or `others`, and so must an address in a setting that names another server for S3
#   than AWS's (such as `AWS_ENDPOINT_URL`) match `others`. A place that is not known is a finding. Without the lists
#   no place is approved. Of a URI the finding shows neither user and password nor query and fragment, and no bucket
#   that can't be one; of a setting only the bucket. Where the settings, the command or the queries name more than 100
#   places, that alone is the finding. An address that a setting writes with JSON's escapes (`s3:\/\/`) stays unseen.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/security_iam_id-based-policy-examples.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Read from and write to the buckets that the configuration approves; copy the data there first if you
#     may.
#   parameters:
#     buckets:
#       description: Buckets, and access point ARNs.
#       type: array
#       items:
#         type: string
#         format: glob-of-buckets
#         must_not_match: [bucket-of-somebody-else, sagemaker-of-somebody-else]
#     accounts:
#       description: AWS accounts, where an ARN names one.
#       type: array
#       items:
#         type: string
#         format: glob-of-accounts
#       default: []
#     others:
#       description: URIs, ARNs and ids of what has no bucket, such as file systems, perhaps with a directory.
#       type: array
#       items:
#         type: string
#         format: glob
#       default: []
#     hub_contents:
#       description: ARNs of hub content, base models too.
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
	not _too_many_places.settings
	some setting in _with_addresses
	some bucket in _unapproved_buckets(setting.value)
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
	not _too_many_places.command
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
	not _too_many_places.queries
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

# What isn't an ARN is the name of a model of the service itself.
_hub_contents contains ["The base model", name] if {
	name := input.base_model.name
	startswith(name, "arn:")
}

_hub_contents contains ["The evaluator", arn] if {
	arn := input.base_model.evaluator_arn
	is_string(arn)
	contains(arn, ":hub-content/")
}

# Of the document of a `CreateJob` job nobody knows the fields.
_hub_contents contains [sprintf("The setting %s", [setting.name]), setting.value] if {
	input.job.kind == "customization"
	some setting in settings.listed
	regex.match(`^arn:[^:]*:sagemaker:[^:]*:[^:]*:hub-content/`, setting.value)
}

# What takes data or models of the job and is no output of it. In the job's own account nobody needs to approve it.
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

# Of what is no whole ARN, nobody's.
_account(arn) := regex.replace(arn, `^(?:[^:]*:){4}([^:]*).*`, "$1")

# A job's owner may write thousands into settings; nobody needs more than these.
_most := 100

# What names more, all its places together.
_too_many_places[part] := true if {
	some part, texts in _texts
	text := concat("\n", texts)

	# The shortest ones are like `s3://a`.
	count(text) > 6 * _most
	count(storage.places(text)) > _most
}

_texts["settings"] := [setting.value | some setting in _with_addresses]

_texts["command"] := [word | some words in input.command; some word in words]

_texts["queries"] := [place.query.statement | some place in input.storage.inputs; is_string(place.query.statement)]

default _with_addresses := []

_with_addresses := [settings.listed[i] | some i, value in settings.values; regex.match(storage.hint, value)] if {
	regex.match(storage.hint, settings.text)
}

_unapproved_buckets(value) := {bucket |
	some bucket in storage.named(value)
	not globs.matches(_buckets, bucket)
}

_shown_bucket(bucket) := sprintf("bucket %s", [bucket]) if storage.is_bucket(bucket)

else := "S3 with an invalid bucket name"

# A place without an address says nothing while the call that gives it fails.
_is_readable(place, _) if is_string(place.uri)

_is_readable(_, field) if availability.known(field, input)

_approved(place) if globs.matches(_buckets, place.bucket)

# Whose bucket is behind an access point, its ARN doesn't say.
_approved(place) if {
	place.bucket == null
	globs.matches(_accounts, place.account)
}

_approved(place) if {
	place.bucket == null
	globs.matches(_others, place.uri)
}

# A file system's directory counts where a glob has one.
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
