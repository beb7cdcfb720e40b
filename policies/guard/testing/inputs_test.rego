# Functions that change the complete document, so that a test gives only the values that it is about. The file's suffix
# keeps it out of the bundle.
package guard.testing

# METADATA
# description: |
#   The document with an object merged into it at every depth; lists are replaced. If the object has `role_arns` of the
#   job, they are also its `execution_role_arns`, unless the object has these itself.
input_with(patch) := object.union_n([document, _run_as(patch), patch])

_run_as(patch) := {"job": {"execution_role_arns": patch.job.role_arns}} if {
	patch.job.role_arns
} else := {}

# METADATA
# description: The image of the document with an object merged into it.
image(patch) := object.union(document.images[0], patch)

# METADATA
# description: The document with other images.
input_with_images(images) := input_with({"images": images})

# METADATA
# description: An unknown image with this error code.
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
# description: The document with this patch, and with a field that is temporarily unavailable.
input_without(patch, field) := input_with(object.union(patch, {"unavailable": [{
	"operation": "DescribeModel",
	"resource": "m",
	"message": "ThrottlingException",
	"fields": [field],
}]}))
