# Ways to change the complete document: tests name only what they are about. The file's suffix keeps it out of the
# bundle.
package guard.testing

# METADATA
# description: |
#   The document, with an object merged into it at every depth; lists are replaced. Other `role_arns` of the job are
#   those that it runs as, too, unless the object has `execution_role_arns`.
input_with(patch) := object.union_n([document, _run_as(patch), patch])

_run_as(patch) := {"job": {"execution_role_arns": patch.job.role_arns}} if {
	patch.job.role_arns
} else := {}

# METADATA
# description: The image of the document, with an object merged into it.
image(patch) := object.union(document.images[0], patch)

# METADATA
# description: The document with other images.
input_with_images(images) := input_with({"images": images})

# METADATA
# description: An image that isn't known, with the code of its error.
unknown_image(code) := image({
	"raw": null,
	"registry": null,
	"account": null,
	"region": null,
	"repository": null,
	"tag": null,
	"error": {"code": code, "message": "no image"},
})

# METADATA
# description: A document that no shipped rule has to say anything about.

# METADATA
# description: The document with this patch, whose field a call could not read for now.
input_without(patch, field) := input_with(object.union(patch, {"unavailable": [{
	"operation": "DescribeModel",
	"resource": "m",
	"message": "ThrottlingException",
	"fields": [field],
}]}))
