# METADATA
# title: Facts that no rule sees
# description: |
#   The command, hyperparameters and environment variables of a job and of its models may have 420 KB of text together,
#   and there may be 200 images, 200 inputs and 200 outputs, including those of its models. If a job has more, the
#   document leaves out the longest settings and the last entries, where a job could hide a violation from every rule.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html
# schemas:
#   - input: schema.input
# custom:
#   severity: medium
#   remediation: >-
#     Remove or shorten the longest hyperparameters and environment variables of the job and of the containers of its
#     models; store long values in files in S3. Use fewer models, containers, inputs and outputs in one job, and in a
#     CreateJob document no path or role with more than a few hundred characters.
package guard.rules.omitted_facts

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: The number of settings, and of entries of lists, that were left out.
findings contains {
	"message": sprintf("The settings are too long to be checked: %d of them were left out.", [input.settings_omitted]),
	"details": {"omitted": input.settings_omitted},
} if {
	input.settings_omitted > 0
}

findings contains {
	"message": sprintf("The job has more images or places than can be checked: %d of them were left out.", [
		input.entries_omitted,
	]),
	"details": {"omitted": input.entries_omitted},
} if {
	input.entries_omitted > 0
}
