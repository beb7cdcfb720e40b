# METADATA
# title: Size of volumes
# description: |
#   A storage volume may have at most `max_gb` gigabytes on each instance. A volume without a size is allowed: it has
#   the service's default size, or is the local storage of its instance. Without the limit every volume with a size is a
#   finding.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
# schemas:
#   - input: schema.input
# custom:
#   severity: low
#   remediation: >-
#     Lower VolumeSizeInGB (`volume_size` in the SageMaker Python SDK) to the limit named in this finding.
#   parameters:
#     max_gb:
#       description: Maximum size of a volume in gigabytes.
#       type: integer
#       minimum: 1
package guard.rules.volume_size

import data.guard.parameters

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Volumes that are larger than allowed.
findings contains {
	"message": sprintf("The volume of %s has %d GB; at most %d are allowed.", [name, size, _limit]),
	"details": {"config": "rules.volume_size.max_gb", "volume": name, "size_gb": size, "limit": _limit},
} if {
	some [name, size] in _sizes
	size > _limit
}

_sizes contains [volume.name, volume.size_gb] if some volume in input.storage.volumes

_sizes contains [sprintf("instances of type %v", [instance.type]), instance.volume_size_gb] if {
	some instance in input.compute.instances
}

default _limit := 0

_limit := given if {
	given := parameters.of.volume_size.max_gb
	is_number(given)
}
