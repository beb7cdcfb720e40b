# METADATA
# title: Images
# description: |
#   Compares images with entries of the form `[registry/]repository[:tag][@digest]`. An image has many keys, the entries
#   that name it; so an exact entry is looked up among the keys of a mapping, however long that is.
#
#   - An entry without a registry names the repository in every registry, and as the tail of a longer path.
#   - An entry without tag and digest names every version. An image without both has the tag `latest`; an image with
#     only a digest has an unknown tag and no entry with a tag names it.
#   - All endpoints of one account and region of ECR are one registry, and so are those of ECR Public and of Docker Hub,
#     where `x` is `library/x`. Port 443 is the same as no port.
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
keys(image) := _keys(image, _tails(image), _endings(image)) if {
	known(image)
} else := []

# METADATA
# description: |
#   The `keys` that say what runs. A registry goes by the digest where there is one: the tag beside it may be any
#   other's, so that it names no reviewed image. Where a digest is only claimed, either may be what runs: so both must
#   be named. A path that begins like a registry is none: whoever owns a registry chooses its paths.
pulled_keys(image) := _keys(image, _own_tails(image), _pulled_endings(image)) if {
	known(image)
} else := []

_keys(image, tails, endings) := split(_lines(array.concat(_full_names(image), tails), endings), "\n")

# As the references of OCI images are read.
_has_registry(name) if regex.match(`^(?:[^/]*[.:][^/]*|localhost)/`, name)

# METADATA
# description: One regular expression for entries, with wildcards or without, to find in `text`; null for no entries.
expression(entries) := sprintf(`(?m)(?:^|/)(?:%s)$`, [concat("|", expressions)]) if {
	expressions := [_regular(entry) | some entry in entries; is_string(entry)]
	count(expressions) > 0
} else := null

# METADATA
# description: |
#   The `expression` of entries for a `pulled_text`: one with a registry is for that registry alone, and a wildcard in
#   it stays within its name.
pulled_expression(entries) := sprintf(`(?m)(?:%s)$`, [concat("|", array.concat(anywhere, there))]) if {
	texts := [entry | some entry in entries; is_string(entry)]
	count(texts) > 0
	anywhere := [sprintf("(?:^|/)%s", [_regular(entry)]) | some entry in texts; not _has_registry(entry)]
	there := [_of_registry(entry) | some entry in texts; _has_registry(entry)]
} else := null

# METADATA
# description: |
#   Of each entry a word that is in every text in which an expression of this entry finds something: its last one of six
#   or more characters, as repository and tag stand at the end, or else its first. It tells in a hundredth of the time
#   that none of many entries names an image.
words(entries) := found if {
	texts := [entry | some entry in entries; is_string(entry)]
	count(texts) == count(entries)
	found := split(regex.replace(concat("\n", texts), _word, "$1$2"), "\n")
	count(found) == count(entries)
} else := ["" | some _ in entries]

_word := `(?m)^(?:(?:.*[^\w./:@\n-])?([\w./:@-]{6,})|[^\w./:@\n-]*([\w./:@-]*)).*$`

# METADATA
# description: One glob for each text that has at least one of the words; empty for none.
any_word(found) := sprintf("{*%s*}", [concat("*,*", found)]) if {
	found != []
} else := ""

# METADATA
# description: |
#   The image as expressions see it, one in each line those of its `keys` that aren't the tail of another one; empty if
#   the image isn't known. Its owner chooses how long the path is: with all its tails it would be much longer.
text(image) := _lines(_full_names(image), _endings(image)) if {
	known(image)
} else := ""

# METADATA
# description: The `text` of an image with the `pulled_keys` alone.
pulled_text(image) := _lines(_full_names(image), _pulled_endings(image)) if {
	known(image)
} else := ""

# All names are joined at once, with each of the endings: a step for each ending, none for each name. A name with a line
# break would look like two, so an image with one has no lines.
_lines(names, endings) := trim_suffix(lines, "\n") if {
	separated := array.concat(names, [""])
	lines := concat("", [concat(ending, separated) | some ending in endings])
	strings.count(lines, "\n") == count(names) * count(endings)
}

# METADATA
# description: True if an entry of the expression names the image of the text.
in_text(entries, lines) if {
	is_string(entries)
	lines != ""
	regex.match(entries, lines)
}

# The document names account and region only of a host that is an ECR endpoint.
_full_names(image) := [image.repository] if {
	not is_string(image.registry)
} else := names if {
	names := _ecr_names(image)
	concat("/", [_host(image), image.repository]) in names
} else := array.concat(own_names, _ecr_names(image)) if {
	own_names := [concat("/", [host, path]) | some host in _hosts(_host(image)); some path in _paths(image)]
}

# Docker Hub's own images may go without their folder: `docker.io/python` is `docker.io/library/python`.
_paths(image) := [short, sprintf("library/%s", [short])] if {
	"docker.io" in _hosts(_host(image))
	short := trim_prefix(image.repository, "library/")
	not contains(short, "/")
} else := [image.repository]

_host(image) := trim_suffix(image.registry, ":443")

# METADATA
# description: |
#   All hosts of the image's registry, those without another port also with port 443, which is the same; none for an
#   image without a registry.
registries(image) := [host |
	some name in _hosts(_host(image))
	some host in {name, concat("", [name, _default_port(name)])}
] if {
	is_string(image.registry)
} else := []

_default_port(host) := "" if {
	regex.match(`:[0-9]+$`, host)
} else := ":443"

# All hosts of the registry that this host, without port 443, is one of.
_hosts(host) := found if {
	some found in _one_registry
	host in found
} else := [host]

# ECR Public's for IPv4 and for both: https://docs.aws.amazon.com/AmazonECR/latest/public/public-ecr-requests.html
# Docker Hub's name, what it was before, the host that answers, and that of its site.
_one_registry := [
	["public.ecr.aws", "ecr-public.aws.com"],
	["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"],
]

_ecr_names(image) := split(sprintf(_endpoints, array.concat(facts, _dns_suffixes(image.region))), "\n") if {
	is_string(image.account)
	is_string(image.region)
	facts := [image.account, image.region, image.repository]
} else := []

# Account, region, repository, and the suffixes of plain and dual-stack endpoints.
_endpoints := concat("\n", [
	"%[1]s.dkr.ecr.%[2]s.%[4]s/%[3]s",
	"%[1]s.dkr.ecr-fips.%[2]s.%[4]s/%[3]s",
	"%[1]s.dkr-ecr.%[2]s.%[5]s/%[3]s",
	"%[1]s.dkr-ecr-fips.%[2]s.%[5]s/%[3]s",
])

_dns_suffixes(region) := _default_suffixes if {
	not strings.any_prefix_match(region, ["cn-", "eu-isoe-", "eusc-", "us-iso"])
} else := object.get(_suffixes_by_region, words[0], object.get(_suffixes_by_region, two, _default_suffixes)) if {
	words := split(region, "-")
	two := concat("-", array.slice(words, 0, 2))
}

# Of plain and of dual-stack endpoints.
_default_suffixes := ["amazonaws.com", "on.aws"]

# By the first word, or the first two, of the region.
_suffixes_by_region := {
	"cn": ["amazonaws.com.cn", "on.amazonwebservices.com.cn"],
	"eu-isoe": ["cloud.adc-e.uk", "on.cloud-aws.adc-e.uk"],
	"eusc": ["amazonaws.eu", "on.amazonwebservices.eu"],
	"us-iso": ["c2s.ic.gov", "on.aws.ic.gov"],
	"us-isob": ["sc2s.sgov.gov", "on.aws.scloud"],
	"us-isof": ["csp.hci.ic.gov", "on.aws.hci.ic.gov"],
}

# What is left of the path behind each `/`; without a registry the full name is the first of them.
_tails(image) := [concat("/", array.slice(segments, i, count(segments))) | some i, _ in segments] if {
	is_string(image.registry)
	paths := _paths(image)
	segments := split(paths[count(paths) - 1], "/")
} else := [concat("/", array.slice(segments, i, count(segments))) | some i, _ in segments; i > 0] if {
	segments := split(image.repository, "/")
}

# Those that don't begin like a registry; the last one is none whatever it is. Most paths have none such, which one look
# tells.
_own_tails(image) := _tails(image) if {
	not regex.match(`(?:^|/)(?:[^/]*\.[^/]*|localhost)/`, image.repository)
} else := array.concat(longer, [last]) if {
	segments := split(image.repository, "/")
	last := regex.replace(image.repository, `^.*/`, "")
	longer := [concat("/", array.slice(segments, i, count(segments))) |
		some i, segment in segments
		not regex.match(`\.|^localhost$`, segment)
	]
}

# What may stand behind a name, with the end of the line.
_endings(image) := _written_endings(image) if {
	not is_string(image.claimed_digest)
} else := array.concat(written, [concat("@", [trim_suffix(each, "\n"), _claim(image)]) | some each in written]) if {
	written := _written_endings(image)
}

_claim(image) := concat("", [image.claimed_digest, "\n"])

_written_endings(image) := ["\n", concat("", [":", image.tag, "\n"])] if {
	image.digest == null
	is_string(image.tag)
} else := ["\n", ":latest\n"] if {
	not is_string(image.digest)
} else := ["\n", concat("", ["@", image.digest, "\n"])] if {
	not is_string(image.tag)
} else := ["\n", concat("", [tag, "\n"]), concat("", [digest, "\n"]), concat("", [tag, digest, "\n"])] if {
	tag := concat("", [":", image.tag])
	digest := concat("", ["@", image.digest])
}

# Not that with the tag alone where there is a digest.
_pulled_endings(image) := [ending | some ending in _endings(image); _is_pulled(ending)] if {
	is_string(image.digest)
} else := ["\n", concat("@", [trim_suffix(tagged, "\n"), _claim(image)])] if {
	is_string(image.claimed_digest)
	[_, tagged] := _written_endings(image)
} else := _endings(image)

_is_pulled("\n")

_is_pulled(ending) if contains(ending, "@")

_of_registry(entry) := sprintf("^%s%s", [within, _regular(substring(entry, border, -1))]) if {
	border := indexof(entry, "/")
	within := replace(_quoted(substring(entry, 0, border)), "*", `[^/:@\n]*`)
}

_regular(entry) := replace(_quoted(entry), "*", `[^:@\n]*`)

_quoted(text) := regex.replace(text, `[\\.+?()|\[\]{}^$]`, `\$0`)
