# METADATA
# title: Settings that no rule sees
# description: |
#   The hyperparameters and environment variables of a job and of its models may be 500 KB of text in all. Of a job with
#   more the document leaves out the longest, and a job could hide there from every rule what it may not have.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
# schemas:
#   - input: schema.input
# custom:
#   severity: medium
#   remediation: >-
#     Remove or shorten the longest hyperparameters and environment variables of the job and of the containers of its
#     models. Files in S3 are the place for long values.
package guard.rules.omitted_settings

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: One finding with the number of settings that were left out.
findings contains {
	"message": sprintf("The settings are too long to be checked: %d of them were left out.", [input.settings_omitted]),
	"details": {"omitted": input.settings_omitted},
} if {
	input.settings_omitted > 0
}
