# METADATA
# title: Encrypted results
# description: |
#   Each output must be encrypted with a customer KMS key that matches a glob in the list `kms_keys`. A key is compared
#   as it is written in the job: as id, alias or ARN. A key that AWS manages (`alias/aws/...`) and a key of another
#   account are allowed only by a glob that contains this alias or that account's number literally. Without the list no
#   key is allowed. SageMaker accepts no key for some outputs, such as checkpoints: `outputs_without_key` lists their
#   names by job kind. A job without outputs has nothing to encrypt. For a `CreateJob` job it is unknown which of the
#   places in its document are outputs, so the rule reports nothing about it.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingOutputConfig.html
# schemas:
#   - input: schema.input
# custom:
#   severity: medium
#   remediation: >-
#     Set KmsKeyId of the output configuration (`output_kms_key` in the SageMaker Python SDK) to a KMS key
#     that the configuration allows.
#   parameters:
#     kms_keys:
#       description: 'KMS keys that jobs may use: id, alias or ARN.'
#       type: array
#       items:
#         type: string
#         format: glob
#     outputs_without_key:
#       description: Names of outputs for which SageMaker accepts no key, by job kind.
#       type: object
#       default: {}
#       propertyNames:
#         format: job-kind
#       additionalProperties:
#         type: array
#         items:
#           type: string
#           format: glob
#           must_not_match: [OutputDataConfig, definition.OutputDataConfig]
package guard.rules.output_encryption_required

import data.guard.lib.availability
import data.guard.lib.globs
import data.guard.lib.keys
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Outputs without a KMS key or with one that isn't allowed.
findings contains {
	"message": sprintf("Output %s is not encrypted with a KMS key.", [output.name]),
	"details": {"config": "rules.output_encryption_required", "output": output.name, "kms_key": null},
} if {
	availability.known("storage.outputs", input)
	some output in input.storage.outputs
	output.kms_key in {null, ""}
	not globs.matches(_without_key, output.name)
}

findings contains {
	"message": sprintf("Output %s is encrypted with KMS key %s, %s.", [output.name, key, problem]),
	"details": {
		"config": "rules.output_encryption_required.kms_keys",
		"output": output.name,
		"kms_key": key,
		"allowed": _allowed,
	},
} if {
	some output in input.storage.outputs
	key := output.kms_key
	not key in {null, ""}
	problem := keys.problem(_allowed, key, input.account)
}

default _allowed := []

_allowed := given if {
	given := parameters.globs.output_encryption_required.kms_keys
	is_array(given)
}

default _without_key := []

_without_key := given if {
	given := parameters.globs.output_encryption_required.outputs_without_key[input.job.kind]
	is_array(given)
}
