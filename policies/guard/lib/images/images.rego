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
# description: Every entry without wildcards that names the image, each once.
keys(image) := split(_lines(image, names), "\n") if {
	known(image)
	segments := split(image.repository, "/")
	names := array.concat(_full_names(image), [concat("/", array.slice(segments, i, count(segments))) |
		some i, _ in segments
		i >= _first_tail(image)
	])
} else := []

# METADATA
# description: One regular expression for entries, with wildcards or without, to find in `text`; null for no entries.
expression(entries) := sprintf(`(?m)(?:^|/)(?:%s)$`, [concat("|", expressions)]) if {
	expressions := [_regular(entry) | some entry in entries; is_string(entry)]
	count(expressions) > 0
} else := null

# METADATA
# description: The image as expressions see it, the ways to write it in full, one in each line; empty if it isn't known.
text(image) := _lines(image, _full_names(image)) if {
	known(image)
} else := ""

# All names with all versions, made by joining: one step for each version, not for each of its names. A name with a line
# break would look like two.
_lines(image, names) := lines if {
	versions := _versions(image)
	lines := concat("\n", [concat("", [concat(concat(version, ["", "\n"]), names), version]) | some version in versions])
	strings.count(lines, "\n") == (count(versions) * count(names)) - 1
} else := ""

# METADATA
# description: True if an entry of the expression names the image of the text.
in_text(entries, lines) if {
	is_string(entries)
	lines != ""
	regex.match(entries, lines)
}

# METADATA
# description: Every way to write the registry's host in a canonical entry.
registries(image) := {trim_suffix(image.registry, ":443")} | _ecr_hosts(image) if {
	is_string(image.registry)
} else := set()

# Without a registry the full name is the first tail of the path.
_full_names(image) := [concat("/", [registry, image.repository]) | some registry in registries(image)] if {
	is_string(image.registry)
} else := [image.repository]

_first_tail(image) := 0 if {
	is_string(image.registry)
} else := 1

_versions(image) := ["", tag] if {
	not is_string(image.digest)
	tag := concat("", [":", _tag(image)])
} else := ["", digest] if {
	not is_string(image.tag)
	digest := concat("", ["@", image.digest])
} else := ["", tag, digest, concat("", [tag, digest])] if {
	tag := concat("", [":", image.tag])
	digest := concat("", ["@", image.digest])
}

_tag(image) := image.tag if {
	is_string(image.tag)
} else := "latest"

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

_dns_suffixes(region) := object.get(_elsewhere, words[0], object.get(_elsewhere, two, _nearly_everywhere)) if {
	words := split(region, "-")
	two := concat("-", array.slice(words, 0, 2))
}

_nearly_everywhere := {"plain": "amazonaws.com", "dual_stack": "on.aws"}

# By the first word, or the first two, of the region.
_elsewhere := {
	"cn": {"plain": "amazonaws.com.cn", "dual_stack": "on.amazonwebservices.com.cn"},
	"eu-isoe": {"plain": "cloud.adc-e.uk", "dual_stack": "on.cloud-aws.adc-e.uk"},
	"eusc": {"plain": "amazonaws.eu", "dual_stack": "on.amazonwebservices.eu"},
	"us-iso": {"plain": "c2s.ic.gov", "dual_stack": "on.aws.ic.gov"},
	"us-isob": {"plain": "sc2s.sgov.gov", "dual_stack": "on.aws.scloud"},
	"us-isof": {"plain": "csp.hci.ic.gov", "dual_stack": "on.aws.hci.ic.gov"},
}

_regular(entry) := replace(_quoted(entry), "*", `[^:@\n]*`)

_quoted(text) := regex.replace(text, `[\\.+?()|\[\]{}^$]`, `\$0`)
