# METADATA
# title: Allowed regions
# description: |
#   Jobs may only run in regions that match a glob in the list `regions`. Without the list no region is allowed.
# related_resources:
#   - https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Start the job in one of the regions named in this finding.
#   pointless:
#   - regions: ["*"]
#   parameters:
#     regions:
#       description: Regions in which jobs may run.
#       type: array
#       items:
#         type: string
#         format: glob-of-regions
package guard.rules.region

import data.guard.lib.globs
import data.guard.parameters
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Jobs outside the allowed regions.
findings contains {
	"message": sprintf("The job runs in region %s; allowed are: %s.", [input.region, concat(", ", _regions)]),
	"details": {"config": "rules.region.regions", "region": input.region, "allowed": _regions},
} if {
	not globs.matches(_regions, input.region)
}

default _regions := []

_regions := given if {
	given := parameters.globs.region.regions
	is_array(given)
}
