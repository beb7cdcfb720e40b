# METADATA
# title: Approved places for data
# description: |
#   Each input and output must be in a bucket that a glob of the list `buckets` matches, or in an AWS account
#   (where an ARN names one) that a glob of `accounts` matches; for what has no bucket, such as a file system,
#   its URI or id must match a glob of `others`. A place that is not known is a finding. Without the lists no
#   place is approved. Of a URI the finding shows neither user and password nor query and fragment, and no bucket
#   that can't be one.
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
#         format: glob
#     accounts:
#       description: AWS accounts, where an ARN names one.
#       type: array
#       items:
#         type: string
#         format: glob
#       default: []
#     others:
#       description: URIs and ids of what has no bucket, such as file systems.
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
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Inputs and outputs outside the approved places.
findings contains {
	"message": sprintf("Input %s comes from %v, which is not an approved place.", [place.name, _shown(place.uri)]),
	"details": {
		"config": "rules.data_location",
		"input": place.name,
		"type": place.type,
		"uri": _shown(place.uri),
		"bucket": _bucket(place.bucket),
		"account": place.account,
	},
} if {
	some place in input.storage.inputs
	_told(place)
	not _approved(place.bucket, place.account, place.uri)
}

findings contains {
	"message": sprintf("Output %s goes to %v, which is not an approved place.", [place.name, _shown(place.uri)]),
	"details": {
		"config": "rules.data_location",
		"output": place.name,
		"uri": _shown(place.uri),
		"bucket": _bucket(place.bucket),
		"account": place.account,
	},
} if {
	some place in input.storage.outputs
	_told(place)
	not _approved(place.bucket, place.account, place.uri)
}

# A place without an address says nothing while the call that gives it fails.
_told(place) if is_string(place.uri)

_told(place) if {
	not is_string(place.uri)
	availability.known("storage", input)
}

_approved(bucket, _, _) if globs.matches(_buckets, bucket)

_approved(_, account, _) if globs.matches(_accounts, account)

_approved(bucket, _, address) if {
	bucket == null
	globs.matches(_others, address)
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
