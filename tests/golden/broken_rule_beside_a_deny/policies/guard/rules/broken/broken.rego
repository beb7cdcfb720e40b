# METADATA
# title: Broken
# description: Fails for every job.
# custom:
#   severity: low
#   remediation: Nothing.
package guard.rules.broken

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# description: Jobs in the region number one.
findings contains {"message": "x", "details": {}} if to_number(input.region) == 1
