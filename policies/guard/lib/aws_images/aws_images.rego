# METADATA
# title: AWS's own images
# description: |
#   Tells an image that AWS publishes from one with the same name elsewhere: by account, region and repository, as
#   the generated table has them. Without a known account, an image is nobody's.
package guard.lib.aws_images

# METADATA
# description: True if the image is in a repository that AWS publishes, in the account that is AWS's in its region.
published(image) if {
	is_string(image.account)
	is_string(image.region)
	places := _places[_repositories[image.repository]]
	contains(places, concat("", [" ", image.account, "@", image.region, " "]))
}

# METADATA
# description: True if AWS publishes the repository with one moving tag only, so that nobody can choose another.
without_versions(image) if {
	_without_versions[image.repository]
	published(image)
}

# METADATA
# description: The framework whose version the image's tags begin with; undefined for an image that AWS doesn't publish.
framework(image) := name if {
	name := _frameworks[image.repository]
	published(image)
}
