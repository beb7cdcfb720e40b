# METADATA
# title: AWS's own images
# description: |
#   Distinguishes images that AWS publishes from images of the same name elsewhere, by account, region and repository in
#   the generated table. An image without a known account doesn't count as published by AWS.
package guard.lib.aws_images

# METADATA
# description: True if AWS publishes the image's repository in the image's account and region.
published(image) if {
	is_string(image.account)
	is_string(image.region)
	places := _places[_repositories[image.repository]]
	contains(places, concat("", [" ", image.account, "@", image.region, " "]))
}

# METADATA
# description: True if AWS publishes the repository with a single mutable tag, so that a job can't choose another.
without_versions(image) if {
	_without_versions[image.repository]
	published(image)
}

# METADATA
# description: |
#   The framework whose version begins the image's tags; undefined for an image that AWS doesn't publish.
framework(image) := name if {
	name := _frameworks[image.repository]
	published(image)
}
