# METADATA
# title: Images
# description: |
#   Compares images with entries of the form `[registry/]repository[:tag][@digest]`. An image has many keys, the entries
#   that name it; so an exact entry is looked up among the keys of a mapping, however long that is.
#
#   - An entry without a registry names the repository in every registry, and as the tail of a longer path.
#   - An entry without tag and digest names every version. An image without both has the tag `latest`; an image with
#     only a digest has an unknown tag and no entry with a tag names it.
#   - All endpoints of one account and region of ECR are one registry. Port 443 is the same as no port.
#   - In a pattern `*` stands for any characters, `/` too, but never crosses the `:` or `@` that starts a port, a tag or
#     a digest. Nothing else in a pattern is special, and it matches an image as a whole or its tail behind a `/`.
#
#   An image that isn't known has no keys: it is for a rule of its own to judge.
package guard.lib.images

import future.keywords.not

# METADATA
# description: True if the image's repository is known.
known(image) if {
	image.error == null
	is_string(image.repository)
}

# METADATA
# description: Every entry without wildcards that names the image.
keys(image) := {concat("", [name, version]) |
	known(image)
	versions := _versions(image)
	some name in _names(image)
	some version in versions
}

# METADATA
# description: True if the entry, with wildcards or without, names the image.
matches(entry, image) if {
	is_string(entry)
	expression := concat("", ["^", replace(_quoted(entry), "*", `[^:@]*`), "$"])
	some key in keys(image)
	regex.match(expression, key)
}

# METADATA
# description: Every way to write the registry's host in a canonical entry.
registries(image) := {trim_suffix(image.registry, ":443")} | _ecr_hosts(image) if {
	is_string(image.registry)
} else := set()

_names(image) := _tails(image.repository) | {concat("/", [registry, image.repository]) |
	some registry in registries(image)
}

_tails(repository) := {concat("/", array.slice(segments, i, count(segments))) |
	segments := split(repository, "/")
	some i, _ in segments
}

_versions(image) := {"", tag, digest, concat("", [tag, digest])} if {
	tag := _tag(image)
	digest := _digest(image)
}

_tag(image) := concat("", [":", image.tag]) if {
	is_string(image.tag)
} else := ":latest" if {
	not is_string(image.digest)
} else := ""

_digest(image) := concat("", ["@", image.digest]) if {
	is_string(image.digest)
} else := ""

# The document names account and region only of a host that is an ECR endpoint.
_ecr_hosts(image) := {
	concat("", [image.account, ".dkr.ecr.", image.region, ".", suffixes.plain]),
	concat("", [image.account, ".dkr.ecr-fips.", image.region, ".", suffixes.plain]),
	concat("", [image.account, ".dkr-ecr.", image.region, ".", suffixes.dual_stack]),
	concat("", [image.account, ".dkr-ecr-fips.", image.region, ".", suffixes.dual_stack]),
} if {
	is_string(image.account)
	is_string(image.region)
	suffixes := _dns_suffixes(image.region)
} else := set()

_dns_suffixes(region) := suffixes if {
	suffixes := _dns_suffixes_elsewhere[split(region, "-")[0]]
} else := suffixes if {
	suffixes := _dns_suffixes_elsewhere[concat("-", array.slice(split(region, "-"), 0, 2))]
} else := {"plain": "amazonaws.com", "dual_stack": "on.aws"}

# By the first word, or the first two, of the region.
_dns_suffixes_elsewhere := {
	"cn": {"plain": "amazonaws.com.cn", "dual_stack": "on.amazonwebservices.com.cn"},
	"eu-isoe": {"plain": "cloud.adc-e.uk", "dual_stack": "on.cloud-aws.adc-e.uk"},
	"eusc": {"plain": "amazonaws.eu", "dual_stack": "on.amazonwebservices.eu"},
	"us-iso": {"plain": "c2s.ic.gov", "dual_stack": "on.aws.ic.gov"},
	"us-isob": {"plain": "sc2s.sgov.gov", "dual_stack": "on.aws.scloud"},
	"us-isof": {"plain": "csp.hci.ic.gov", "dual_stack": "on.aws.hci.ic.gov"},
}

_quoted(text) := regex.replace(text, `[\\.+?()|\[\]{}^$]`, `\$0`)
