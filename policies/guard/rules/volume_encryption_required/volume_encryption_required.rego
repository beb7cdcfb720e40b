# METADATA
# title: Encrypted volumes
# description: |
#   Each storage volume must be encrypted with a customer KMS key that matches a glob in the list `kms_keys`. A key is
#   compared as it is written in the job: as id, alias or ARN. A key that AWS manages (`alias/aws/...`) and a key of
#   another account are allowed only by a glob that contains this alias or that account's number literally. A job that
#   names no volume is a finding. If all instances have types in the list `local_storage_types`, a volume needs no key:
#   SageMaker rejects keys for instances whose local storage is encrypted by the hardware. Without `kms_keys` no key is
#   allowed.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
#   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-volumes.html
# schemas:
#   - input: schema.input
# custom:
#   needs: [volumes]
#   severity: medium
#   remediation: >-
#     Set VolumeKmsKeyId (`volume_kms_key` in the SageMaker Python SDK) to a KMS key that the configuration
#     allows.
#   parameters:
#     kms_keys:
#       description: 'KMS keys that jobs may use: id, alias or ARN.'
#       type: array
#       items:
#         type: string
#         format: glob
#     local_storage_types:
#       description: Instance types for whose volumes SageMaker accepts no key.
#       type: array
#       items:
#         type: string
#         format: glob-of-instance-types
#         must_not_match: [ml.m5.xlarge, ml.c5.xlarge, ml.p3.2xlarge]
#       default: []
package guard.rules.volume_encryption_required

import data.guard.lib.availability
import data.guard.lib.globs
import data.guard.lib.keys
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: What a job must have for the rule to be about it.
needs := rego.metadata.chain()[1].annotations.custom.needs

# METADATA
# scope: document
# description: Volumes without a KMS key or with one that isn't allowed.
findings contains {
	"message": sprintf("The volume of %s is not encrypted with a KMS key.", [volume.name]),
	"details": {"config": "rules.volume_encryption_required", "volume": volume.name, "kms_key": null},
} if {
	availability.known("storage.volumes", input)
	availability.known("compute", input)
	some volume in input.storage.volumes
	volume.kms_key in {null, ""}
	not _only_local_storage(volume)
}

findings contains {
	"message": sprintf("The volume of %s is encrypted with KMS key %s, %s.", [volume.name, key, problem]),
	"details": {
		"config": "rules.volume_encryption_required.kms_keys",
		"volume": volume.name,
		"kms_key": key,
		"allowed": _allowed,
	},
} if {
	some volume in input.storage.volumes
	key := volume.kms_key
	not key in {null, ""}
	problem := keys.problem(_allowed, key, input.account)
}

findings contains {
	"message": "The job names no volume, so its encryption is unknown.",
	"details": {"config": "rules.volume_encryption_required", "volume": null, "kms_key": null},
} if {
	count(input.storage.volumes) == 0
	availability.known("storage.volumes", input)
}

_only_local_storage(volume) if {
	types := _types(volume)
	count(types) > 0
	every type in types { globs.matches(_local_storage_types, type) }
}

# If the document doesn't give the volume's instances, every instance of the job may have it.
_types(volume) := volume.instance_types if {
	is_array(volume.instance_types)
} else := [instance.type | some instance in input.compute.instances]

default _allowed := []

_allowed := given if {
	given := parameters.globs.volume_encryption_required.kms_keys
	is_array(given)
}

default _local_storage_types := []

_local_storage_types := given if {
	given := parameters.globs.volume_encryption_required.local_storage_types
	is_array(given)
}
