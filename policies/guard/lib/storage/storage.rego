# METADATA
# title: Places
# description: Buckets in S3 URIs, paths in a container, and the parts of both that a finding may show.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-bucket-intro.html
package guard.lib.storage

import future.keywords.not

# METADATA
# description: |
#   The bucket, or the access point ARN, of an `s3://` URI; null for every other text. The ARN of an access point may
#   contain a slash before the access point's name, which is then part of the ARN.
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
#   A regular expression that matches every text in which `named` finds something: a quick way to skip most texts.
hint := `:(?://|s3)`

# METADATA
# description: |
#   The buckets, and ARNs of access points, anywhere in the text: as S3 URIs, also with the schemes of Hadoop and
#   similar programs, as web addresses with the bucket in the host or in the path, and as ARNs. Null stands for an
#   address with an ambiguous bucket.
named(text) := {name |
	some place in places(text)

	# A backslash at the end belongs to the next character, a quote of JSON within JSON.
	name := _named_at(trim_right(place, `\`))
}

# METADATA
# description: |
#   The parts of a text in which `named` looks for a bucket, without duplicates, because a text may repeat an address
#   many times. Counting these parts is much faster than finding their buckets.
places(text) := {place | some place in regex.find_n(_place, text, -1)}

# Matches no more than the part that names the bucket, because another address may begin in the rest. The bucket's name
# begins after an `@`.
_place := concat("|", [
	`(?i:\bs3[anu]?)://(?:(?:[^\s"',;/]*:accesspoint/|[^\s"'/]*@)?[^\s"',;/)\]}>|&\x60]+|/)`,
	`(?i:https?)://[^\s"',;/?#]*(?i:s3)[^\s"',;/?#]*(?:/[^\s"',;/?#)\]}>]*)?`,
	`\barn:[a-z-]*:s3[a-z-]*:(?:[^\s"',;/)\]}>]*:accesspoint/)?[^\s"',;/)\]}>]+`,
])

_named_at(place) := null if {
	regex.match(_unclear, place)
} else := name if {
	regex.match(`^(?i)s3`, place)
	name := _clear(bucket(regex.replace(place, `^[^:]*`, "s3")))
} else := name if {
	[_, of_bucket, of_access_point] := regex.find_all_string_submatch_n(_arn, place, 1)[0]
	name := _clear(concat("", [of_bucket, of_access_point]))
} else := name if {
	[_, in_host, in_path] := regex.find_all_string_submatch_n(_web, regex.replace(place, _endpoint, "$1$2"), 1)[0]
	name := _in_web(in_host, in_path)
}

# Another address begins inside, or programs disagree about the host.
_unclear := concat("|", [
	`(?i:s3[anu]?|https?):/?$`,
	`[^/]arn:`,
	`^(?i:http)[^/]*//[^/]*/arn:`,
	`^[^/]*//[^/]*\\[^/]*@`,
])

# With a colon, only ARNs are valid. Text with an `@` isn't a bucket, and programs disagree about backslashes.
_clear(name) := null if {
	not is_string(name)
} else := name if {
	not regex.match(`[:@\\]`, name)
} else := name if {
	is_bucket(name)
} else := null

_in_web(in_host, in_path) := _clear(lower(in_host)) if {
	in_host != ""
} else := _clear(in_path) if in_path != ""

_arn := `^(?:arn:[^:]*:s3:::(.+)|(arn:(?:[^:]*:){4}accesspoint[:/].+))$`

# User and password may precede the host; a port or a dot may follow it.
_web := concat("", [
	`^(?i)https?://(?:[^/]*@)?(?:([^/]+)\.)?s3[a-z0-9-]*(?:\.[a-z0-9-]+)*\.`,
	_suffixes,
	`(?:[^a-z0-9/-][^/]*)?(?:/(.*))?$`,
])

_suffixes := `(?:amazonaws\.com|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk)`

# The prefix `bucket.` of VPC endpoints, which the end of the host identifies: for other hosts it is a bucket's name.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html
_endpoint := `^(?i)(https?://(?:[^/]*@)?(?:[^/@]+\.)?)bucket\.vpce-[a-z0-9-]+\.(s3\.[a-z0-9-]+\.vpce\.)`

# METADATA
# description: |
#   True if the text is a valid bucket name or access point ARN. A finding must not show any other text, because a
#   password may be in the place of a bucket.
is_bucket(name) if {
	is_string(name)
	regex.match(
		`^(?:[a-z0-9.-]{3,63}|arn:aws[a-z-]*:s3[a-z-]*:[a-z0-9-]*:[0-9]*:accesspoint[:/][a-z0-9.-]{1,63})$`,
		name,
	)
}

# METADATA
# description: |
#   An address without user, password, query and fragment, which may contain credentials. Only the scheme, if the end of
#   a password is ambiguous.
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
#   The absolute path without double slashes, `.` and a slash at the end. Null for text that isn't an absolute path, and
#   for a path with `..`: a folder before it may be a link, and the links in the image are unknown.
path(text) := concat("", [sprintf("/%s", [word]) | some word in words; not word in {"", "."}]) if {
	startswith(text, "/")
	words := split(text, "/")
	not ".." in words
} else := null

# METADATA
# description: |
#   A regular expression for the names of settings that choose the server for S3 requests: those of AWS's SDKs, of its
#   training toolkit, and of programs with settings of their own.
# related_resources:
#   - https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
servers := `^(?:AWS_ENDPOINT_URL(?:_S3)?|(?:FSSPEC|MLFLOW)_S3_ENDPOINT_URL|(?:AWS_)?S3_ENDPOINT(?:_URL)?)$`

# METADATA
# description: |
#   True if the server's address is empty or an endpoint of S3 itself, also in a VPC. With any other server, the name of
#   a bucket doesn't show whose data and code a program gets. The host of a bucket isn't accepted, because other buckets
#   would then be folders in it.
# related_resources:
#   - https://docs.aws.amazon.com/general/latest/gr/s3.html
is_server_of_s3(address) if regex.match(_of_s3, address)

_of_s3 := concat("", [
	`^$|^(?i)(?:https?://)?(?:bucket\.vpce-[a-z0-9-]+\.)?s3(?:-accelerate|-external-1|-fips)?(?:\.dualstack)?`,
	`(?:[.-][a-z]+(?:-[a-z]+)+-\d+)?(?:\.vpce)?\.`,
	_suffixes,
	`(?:\.cn)?(?::443)?/?$`,
])

# METADATA
# description: |
#   True if the path is the folder or is inside it. Both have no slash at the end, as `path` returns them.
is_within(path, folder) if startswith(sprintf("%s/", [path]), sprintf("%s/", [folder]))
