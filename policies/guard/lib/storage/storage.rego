# METADATA
# title: Places
# description: Buckets of S3 URIs and paths inside a container.
package guard.lib.storage

# METADATA
# description: |
#   Bucket, or access point ARN, of an `s3://` URI; null for every other text. The ARN of an access point may contain
#   a slash before its name, which then belongs to it.
bucket(address) := name if {
	startswith(address, "s3://")
	words := split(trim_prefix(address, "s3://"), "/")
	name := concat("/", array.slice(words, 0, _length(words[0])))
	name != ""
} else := null

_length(first) := 2 if endswith(first, ":accesspoint")

else := 1

# METADATA
# description: |
#   The absolute path without doubled slashes, `.` and a slash at the end; null for text that isn't an absolute path
#   and for a path with `..`, whose end nobody knows before the container runs.
path(text) := concat("", [sprintf("/%s", [word]) | some word in words; not word in {"", "."}]) if {
	startswith(text, "/")
	words := split(text, "/")
	not ".." in words
} else := null
