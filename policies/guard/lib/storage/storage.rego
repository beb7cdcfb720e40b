# METADATA
# title: Places
# description: Buckets of S3 URIs, paths inside a container, and what a finding may show of both.
package guard.lib.storage

import future.keywords.not

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
#   Whether the text is a legal name of a bucket or ARN of an access point. Any other must not be shown: what stands in
#   the place of a bucket may be a password.
is_bucket(name) if {
	is_string(name)
	regex.match(
		`^(?:[a-z0-9.-]{3,63}|arn:aws[a-z-]*:s3[a-z-]*:[a-z0-9-]*:[0-9]*:accesspoint[:/][a-z0-9.-]{1,63})$`,
		name,
	)
}

# METADATA
# description: |
#   An address without user, password, query and fragment, which may hold credentials. Only its scheme if it isn't clear
#   where a password ends.
shown(address) := regex.replace(address, `(?s)[?#].*`, "") if {
	not contains(address, "@")
} else := regex.replace(anonymous, `(?s)//.*`, "//") if {
	anonymous := _anonymous(address)
	regex.match(`(?s)^[^/]*//[^/]*[:?#].*@`, anonymous)
	not regex.match(`^s3://arn:aws[a-z-]*:s3[a-z-]*:[a-z0-9-]*:[0-9]*:accesspoint[:/]`, anonymous)
} else := regex.replace(_anonymous(address), `(?s)[?#].*`, "")

_anonymous(address) := regex.replace(address, `^([^/]*//)[^/?#]*@`, "$1")

# METADATA
# description: |
#   The absolute path without doubled slashes, `.` and a slash at the end; null for text that isn't an absolute path
#   and for a path with `..`, whose end nobody knows before the container runs.
path(text) := concat("", [sprintf("/%s", [word]) | some word in words; not word in {"", "."}]) if {
	startswith(text, "/")
	words := split(text, "/")
	not ".." in words
} else := null

# METADATA
# description: |
#   An absolute path as the container's kernel would walk it, without `.`, `..`, doubled slashes and a slash at the end;
#   links are not known here. Other text as it is. `/..` for a path that goes to and fro more often than anybody needs.
resolved(text) := text if {
	not startswith(text, "/")
} else := _settled(_squeezed(text))

_squeezed(path) := regex.replace(regex.replace(path, `/(?:\.?/)+`, "/"), `/\.?$`, "")

# A step takes away each name with the `..` behind it; every step of six can uncover more of them.
_settled(path) := path if {
	not contains(path, "/..")
} else := settled if {
	settled := _step(_step(_step(_step(_step(_step(path))))))
	not regex.match(_climbs, settled)
} else := "/.."

_step(path) := regex.replace(
	regex.replace(path, `^(?:/\.\.)+(/|$)`, "$1"),
	`/(?:[^/.][^/]*|\.[^/.][^/]*|\.\.[^/]+)/\.\.(/|$)`, "$1",
)

_climbs := `/\.\.(?:/|$)`
