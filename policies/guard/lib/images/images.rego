# METADATA
# title: Images
# description: |
#   Compares images with entries of the form `[registry/]repository[:tag][@digest]`. An image has a list of keys: all
#   exact entries that name it. A mapping from entries is therefore compared by looking up keys, however large it is.
#
#   - An entry without a registry names the repository in every registry, and at the end of a longer path.
#   - An entry without tag and digest names every version. An image without both has the tag `latest`. An image with
#     only a digest has an unknown tag, so no entry with a tag names it.
#   - All ECR endpoints of one account and region are one registry, and so are those of ECR Public and of Docker Hub,
#     where `x` is `library/x`. Port 443 is the same as no port.
#   - In a pattern `*` stands for any characters, including `/`, but never for the `:` or `@` that starts a port, a tag
#     or a digest. No other character is special. A pattern matches the whole image or a part after a `/`.
#
#   An unknown image has no keys: a separate rule decides about it.
package guard.lib.images

import future.keywords.not

# METADATA
# description: True if the image's repository is known.
known(image) if {
	image.error == null
	is_string(image.repository)
}

# METADATA
# description: All entries without wildcards that name the image, each once.
keys(image) := _keys(image, _tails(image), _endings(image)) if {
	known(image)
} else := []

# METADATA
# description: |
#   The `keys` that identify what runs. If there is a digest, registries ignore the tag, which may belong to any other
#   image: keys with the tag alone are left out. If a digest is only claimed, the tag or the digest may be what runs, so
#   an entry must name both. Path suffixes that look like a registry are left out: the owner of a registry chooses its
#   paths.
pulled_keys(image) := _keys(image, _own_tails(image), _pulled_endings(image)) if {
	known(image)
} else := []

_keys(image, tails, endings) := split(_lines(array.concat(_full_names(image), tails), endings), "\n")

# By the rules for references of OCI images.
_has_registry(name) if regex.match(`^(?:[^/]*[.:][^/]*|localhost)/`, name)

# METADATA
# description: |
#   One regular expression for entries, with or without wildcards, to match against `text`; null for no entries.
expression(entries) := sprintf(`(?m)(?:^|/)(?:%s)$`, [concat("|", expressions)]) if {
	expressions := [_regular(entry) | some entry in entries; is_string(entry)]
	count(expressions) > 0
} else := null

# METADATA
# description: |
#   Like `expression`, but to match against `pulled_text`: an entry with a registry is for that registry alone, and a
#   wildcard in the registry stays within its name.
pulled_expression(entries) := sprintf(`(?m)(?:%s)$`, [concat("|", array.concat(anywhere, there))]) if {
	texts := [entry | some entry in entries; is_string(entry)]
	count(texts) > 0
	anywhere := [sprintf("(?:^|/)%s", [_regular(entry)]) | some entry in texts; not _has_registry(entry)]
	there := [_of_registry(entry) | some entry in texts; _has_registry(entry)]
} else := null

# METADATA
# description: |
#   For each entry, a word that every text matched by the entry's expression contains: its last word of six or more
#   characters, because repository and tag are at the end, or else its first word. Searching for the words takes a
#   hundredth of the time that it takes to find that none of many expressions matches. Each word is empty if an entry
#   isn't a text of one line.
words(entries) := found if {
	texts := [entry | some entry in entries; is_string(entry)]
	count(texts) == count(entries)
	found := split(regex.replace(concat("\n", texts), _word, "$1$2"), "\n")
	count(found) == count(entries)
} else := ["" | some _ in entries]

_word := `(?m)^(?:(?:.*[^\w./:@\n-])?([\w./:@-]{6,})|[^\w./:@\n-]*([\w./:@-]*)).*$`

# METADATA
# description: One glob that matches each text with at least one of the words; empty if there are no words.
any_word(found) := sprintf("{*%s*}", [concat("*,*", found)]) if {
	found != []
} else := ""

# METADATA
# description: |
#   The image in the form that expressions match: the `keys` that aren't the end of another key, a line each. Empty if
#   the image is unknown. The ends of paths are left out because the image's owner controls the length of the path.
text(image) := _lines(_full_names(image), _endings(image)) if {
	known(image)
} else := ""

# METADATA
# description: Like `text`, but only with `pulled_keys`.
pulled_text(image) := _lines(_full_names(image), _pulled_endings(image)) if {
	known(image)
} else := ""

# Combines all names with each ending in one call per ending, instead of one per name. A name with a line break would
# look like two names, so an image with such a name has no lines.
_lines(names, endings) := trim_suffix(lines, "\n") if {
	separated := array.concat(names, [""])
	lines := concat("", [concat(ending, separated) | some ending in endings])
	strings.count(lines, "\n") == count(names) * count(endings)
}

# METADATA
# description: True if the expression, made from entries, matches the text of an image.
in_text(entries, lines) if {
	is_string(entries)
	lines != ""
	regex.match(entries, lines)
}

# The document gives account and region only for hosts that are ECR endpoints.
_full_names(image) := [image.repository] if {
	not is_string(image.registry)
} else := names if {
	names := _ecr_names(image)
	concat("/", [_host(image), image.repository]) in names
} else := array.concat(own_names, _ecr_names(image)) if {
	own_names := [concat("/", [host, path]) | some host in _hosts(_host(image)); some path in _paths(image)]
}

# The folder of Docker Hub's own images is optional: `docker.io/python` is `docker.io/library/python`.
_paths(image) := [short, sprintf("library/%s", [short])] if {
	"docker.io" in _hosts(_host(image))
	short := trim_prefix(image.repository, "library/")
	not contains(short, "/")
} else := [image.repository]

_host(image) := trim_suffix(image.registry, ":443")

# METADATA
# description: |
#   All hosts of the image's registry. Hosts without a port are also listed with the default port 443. Empty for an
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

# All hosts of the registry to which this host, given without port 443, belongs.
_hosts(host) := found if {
	some found in _one_registry
	host in found
} else := [host]

# ECR Public's IPv4 and dual-stack hosts: https://docs.aws.amazon.com/AmazonECR/latest/public/public-ecr-requests.html
# Docker Hub's current name, its former name, its API host, and its website.
_one_registry := [
	["public.ecr.aws", "ecr-public.aws.com"],
	["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"],
]

_ecr_names(image) := split(sprintf(_endpoints, array.concat(facts, _dns_suffixes(image.region))), "\n") if {
	is_string(image.account)
	is_string(image.region)
	facts := [image.account, image.region, image.repository]
} else := []

# Arguments: account, region, repository, and the DNS suffixes of plain and of dual-stack endpoints.
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

# The suffixes of plain and of dual-stack endpoints in regions that `_suffixes_by_region` doesn't list.
_default_suffixes := ["amazonaws.com", "on.aws"]

# By the first word, or the first two words, of the region.
_suffixes_by_region := {
	"cn": ["amazonaws.com.cn", "on.amazonwebservices.com.cn"],
	"eu-isoe": ["cloud.adc-e.uk", "on.cloud-aws.adc-e.uk"],
	"eusc": ["amazonaws.eu", "on.amazonwebservices.eu"],
	"us-iso": ["c2s.ic.gov", "on.aws.ic.gov"],
	"us-isob": ["sc2s.sgov.gov", "on.aws.scloud"],
	"us-isof": ["csp.hci.ic.gov", "on.aws.hci.ic.gov"],
}

# The rest of the path after each `/`; with a registry, also the whole path.
_tails(image) := [concat("/", array.slice(segments, i, count(segments))) | some i, _ in segments] if {
	is_string(image.registry)
	paths := _paths(image)
	segments := split(paths[count(paths) - 1], "/")
} else := [concat("/", array.slice(segments, i, count(segments))) | some i, _ in segments; i > 0] if {
	segments := split(image.repository, "/")
}

# The ends of the path that don't begin like a registry. The last segment never counts as a registry. Most paths contain
# nothing like a registry, which one expression shows.
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

# What can follow a name, with the end of the line.
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

# Without the ending of the tag alone if there is a digest.
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
