# METADATA
# title: Places
# description: Buckets of S3 URIs, paths inside a container, and what a finding may show of both.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-bucket-intro.html
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
# description: The regular expression of what a text has in which `named` finds something; quick, where there is little.
hint := `:(?://|s3)`

# METADATA
# description: |
#   The buckets, and ARNs of access points, that stand anywhere in the text: as S3 URIs, with S3's schemes as Hadoop and
#   its kin write them, as web addresses with the bucket in the host or in the path, and as ARNs. Null stands for an
#   address whose bucket isn't clear.
named(text) := {name |
	some place in places(text)

	# Behind it stands a quote of JSON in JSON.
	name := _named_at(trim_right(place, `\`))
}

# METADATA
# description: |
#   The parts of a text in which `named` looks for a bucket, each once: a text may repeat an address as often as it has
#   room. Many are counted in much less time than their buckets are found.
places(text) := {place | some place in regex.find_n(_place, text, -1)}

# No more than what names the bucket: in what follows another address may begin. Before an `@` a bucket's name has not
# begun yet.
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

# Another address begins in the place, or its host is another one for one program than for the next.
_unclear := concat("|", [
	`(?i:s3[anu]?|https?):/?$`,
	`[^/]arn:`,
	`^(?i:http)[^/]*//[^/]*/arn:`,
	`^[^/]*//[^/]*\\[^/]*@`,
])

# Of what has a colon, only ARNs are buckets. Before an `@` stands no bucket, and a backslash is another thing to each
# program.
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

# The suffixes are those of AWS's partitions. Before the host may stand user and password, behind it a port, or a dot.
_web := concat("", [
	`^(?i)https?://(?:[^/]*@)?(?:([^/]+)\.)?s3[a-z0-9-]*(?:\.[a-z0-9-]+)*\.`,
	_suffixes,
	`(?:[^a-z0-9/-][^/]*)?(?:/(.*))?$`,
])

_suffixes := `(?:amazonaws\.com|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk)`

# Of a VPC's own endpoint, whose host says so at its end: elsewhere it is a bucket's name.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html
_endpoint := `^(?i)(https?://(?:[^/]*@)?(?:[^/@]+\.)?)bucket\.vpce-[a-z0-9-]+\.(s3\.[a-z0-9-]+\.vpce\.)`

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
#   and for a path with `..`: it goes up from where a link leads, and nobody knows the image's links.
path(text) := concat("", [sprintf("/%s", [word]) | some word in words; not word in {"", "."}]) if {
	startswith(text, "/")
	words := split(text, "/")
	not ".." in words
} else := null

# METADATA
# description: |
#   The regular expression of the names of settings that send requests for S3 to a server: of AWS's SDKs, of its
#   training toolkit, and of what reads S3 with a setting of its own.
# related_resources:
#   - https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
servers := `^(?:AWS_ENDPOINT_URL(?:_S3)?|(?:FSSPEC|MLFLOW)_S3_ENDPOINT_URL|(?:AWS_)?S3_ENDPOINT(?:_URL)?)$`

# METADATA
# description: |
#   Whether the address of a server is none, or that of S3's own, also in a VPC. From any other, the name of a bucket
#   tells nothing of whose data and code a program gets; at the host of a bucket, others' buckets would be its folders.
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
#   Whether a path is a folder or lies in it, both without a slash at the end, as `path` gives them.
is_within(path, folder) if startswith(sprintf("%s/", [path]), sprintf("%s/", [folder]))
