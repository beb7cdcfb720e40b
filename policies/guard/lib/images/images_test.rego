package guard.lib.images_test

import data.guard.lib.images
import data.guard.testing

_digest := "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

_private(patch) := object.union(
	{
		"slot": "AppSpecification.ImageUri",
		"raw": "reg.example.com:5000/mirror/pytorch-training:1.10",
		"registry": "reg.example.com:5000",
		"account": null,
		"region": null,
		"repository": "mirror/pytorch-training",
		"tag": "1.10",
		"digest": null,
		"origin": {"type": "job", "name": "churn-42"},
		"error": null,
	},
	patch,
)

_keys(image) := {key | some key in images.keys(image)}

# The hosts in an image's keys, without tag and digest.
_registries(image) := [trim_suffix(key, path) | some key in images.keys(image); endswith(key, path)] if {
	path := concat("/", ["", image.repository])
}

_matches(entry, image) if images.in_text(images.expression([entry]), images.text(image))

test_keys_of_a_tag if {
	_keys(_private({})) == {
		"pytorch-training",
		"pytorch-training:1.10",
		"mirror/pytorch-training",
		"mirror/pytorch-training:1.10",
		"reg.example.com:5000/mirror/pytorch-training",
		"reg.example.com:5000/mirror/pytorch-training:1.10",
	}
}

test_hosts_of_one_registry_are_one[host] if {
	some host, others in {
		"public.ecr.aws": {"public.ecr.aws", "ecr-public.aws.com"},
		"ecr-public.aws.com": {"public.ecr.aws", "ecr-public.aws.com"},
		"ecr-public.aws.com:443": {"public.ecr.aws", "ecr-public.aws.com"},
		"registry-1.docker.io": {"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"},
		"docker.io:5000": {"docker.io:5000"},
		"example.com": {"example.com"},
	}
	{found | some found in _registries(_private({"registry": host}))} == others
}

test_images_of_docker_hub_itself_have_two_names[host] if {
	some host in ["docker.io", "index.docker.io", "registry-1.docker.io:443"]
	every repository in ["python", "library/python"] {
		image := _private({"registry": host, "repository": repository, "tag": "3.8"})
		every entry in [
			"docker.io/python:3.8",
			"docker.io/library/python",
			"registry-1.docker.io/library/python:3.8",
			"library/python:3.8",
			"python",
		] {
			entry in _keys(image)
			entry in images.pulled_keys(image)
			_matches(entry, image)
		}
	}
}

test_other_images_have_one_name[entry] if {
	some [host, repository, entry] in [
		["docker.io", "team/python", "docker.io/library/team/python"],
		["docker.io", "library/team/python", "docker.io/team/python"],
		["reg.example.com", "python", "reg.example.com/library/python"],
		["reg.example.com", "library/python", "reg.example.com/python"],
		["docker.io:5000", "python", "docker.io:5000/library/python"],
	]
	image := _private({"registry": host, "repository": repository})
	concat("/", [host, repository]) in _keys(image)
	not entry in _keys(image)
	not _matches(entry, image)
}

test_keys_of_a_path_are_its_tails_too if {
	_keys(_private({"registry": null, "repository": "a/b/c", "tag": "1"})) == {
		"a/b/c",
		"a/b/c:1",
		"b/c",
		"b/c:1",
		"c",
		"c:1",
	}
}

test_keys_of_no_tag_name_latest if {
	_keys(_private({"registry": null, "repository": "x", "tag": null})) == {"x", "x:latest"}
}

test_keys_of_a_digest_name_no_tag if {
	_keys(_private({"registry": null, "repository": "x", "tag": null, "digest": _digest})) == {
		"x",
		concat("@", ["x", _digest]),
	}
}

test_keys_of_tag_and_digest_name_both if {
	_keys(_private({"registry": null, "repository": "x", "digest": _digest})) == {
		"x",
		"x:1.10",
		concat("@", ["x", _digest]),
		concat("@", ["x:1.10", _digest]),
	}
}

# The tag or the digest may be what runs: the owner of the model package may have written the digest.
test_claimed_digest_is_denied_by_each_and_pulled_by_both[note] if {
	tagged := concat("@", ["x:1.10", _digest])
	latest := concat("@", ["x:latest", _digest])
	some note, [tag, keys, pulled] in {
		"tag": ["1.10", {"x", "x:1.10", concat("@", ["x", _digest]), tagged}, {"x", tagged}],
		"no tag": [null, {"x", "x:latest", concat("@", ["x", _digest]), latest}, {"x", latest}],
	}
	image := _private({"registry": null, "repository": "x", "tag": tag, "digest": null, "claimed_digest": _digest})
	_keys(image) == keys
	{line | some line in split(images.text(image), "\n")} == keys
	{key | some key in images.pulled_keys(image)} == pulled
	{line | some line in split(images.pulled_text(image), "\n")} == pulled
}

test_a_path_like_a_registry_is_no_key_of_what_is_pulled if {
	image := _private({"registry": "r.example", "repository": "my.example/a/b.c/d/e.f", "tag": "1", "digest": null})
	{key | some key in images.pulled_keys(image); endswith(key, ":1")} == {
		"r.example/my.example/a/b.c/d/e.f:1",
		"a/b.c/d/e.f:1",
		"d/e.f:1",
		"e.f:1",
	}
	"my.example/a/b.c/d/e.f:1" in _keys(image)
}

_pulled_by(entries, host, path) if {
	image := _private({"registry": host, "repository": path, "tag": "1", "digest": null})
	images.in_text(images.pulled_expression(entries), images.pulled_text(image))
}

test_pulled_expression_is_of_each_entry if {
	entries := ["reg.a.example/x*", "reg.b.example/y*:1", "team/z*", 7]
	_pulled_by(entries, "reg.a.example", "x1")
	_pulled_by(entries, "reg.b.example", "y1")
	_pulled_by(entries, "reg.c.example", "any/team/z1")
	not _pulled_by(entries, "reg.c.example", "reg.a.example/x1")
	not _pulled_by(entries, "reg.c.example", "x1")
	not _pulled_by(entries, "xreg.a.example", "x1")
	not _pulled_by(entries, "reg.c.example", "xteam/z1")
	not _pulled_by(entries, "reg.c.example", "team/y")
}

test_wildcard_in_the_registry_of_a_pulled_expression_stays_within_it if {
	entries := ["reg*.a.example/x"]
	_pulled_by(entries, "reg.a.example", "x")
	_pulled_by(entries, "reg.b.a.example", "x")
	not _pulled_by(entries, "reg.evil.example", "b.a.example/x")
	not _pulled_by(entries, "reg.a.example", "a/x")
}

test_pulled_expression_is_of_one_entry if {
	_pulled_by(["x"], "reg.example", "x")
	_pulled_by(["reg.example/x*"], "reg.example", "x")
}

test_pulled_expression_is_null_for_no_entries if {
	every entries in [[], [7, null]] {
		images.pulled_expression(entries) == null
	}
}

test_unknown_image_has_no_keys if {
	every code in ["missing", "unparseable"] {
		_keys(testing.unknown_image(code)) == set()
		images.pulled_keys(testing.unknown_image(code)) == []
		images.pulled_text(testing.unknown_image(code)) == ""
	}
}

test_what_is_pulled_goes_by_the_digest[note] if {
	some note, [patch, pulled] in {
		"tag": [{"digest": null}, {"x", "x:1.10"}],
		"tag and no claim": [{"digest": null, "claimed_digest": null}, {"x", "x:1.10"}],
		"no tag": [{"tag": null, "digest": null}, {"x", "x:latest"}],
		"digest": [{"tag": null}, {"x", concat("@", ["x", _digest])}],
		"tag and digest": [{}, {"x", concat("@", ["x", _digest]), concat("@", ["x:1.10", _digest])}],
	}
	image := _private(object.union({"registry": null, "repository": "x", "digest": _digest}, patch))
	{key | some key in images.pulled_keys(image)} == pulled
	{line | some line in split(images.pulled_text(image), "\n")} == pulled
}

test_parsed_image_with_an_error_has_no_keys if {
	_keys(_private({"error": {"code": "failed", "message": "?"}})) == set()
}

test_image_without_repository_and_error_has_no_keys if {
	_keys(_private({"repository": null})) == set()
}

test_known_tells_images_with_a_repository if {
	images.known(_private({}))
	not images.known(_private({"repository": null}))
	not images.known(testing.unknown_image("managed"))
}

test_keys_name_each_entry_once if {
	sort(images.keys(_private({"registry": null, "repository": "a/b"}))) == ["a/b", "a/b:1.10", "b", "b:1.10"]
	count(images.keys(_private({}))) == 6
}

test_expression_is_of_each_entry if {
	expression := images.expression(["alpine", "busybox:1.*"])
	images.in_text(expression, "mirror/alpine")
	images.in_text(expression, "busybox:1.36")
	not images.in_text(expression, "busybox")
	images.expression([]) == null
}

test_word_of_an_entry[note] if {
	some note, [entry, word] in {
		"all before a star": ["pytorch-*:1.*", "pytorch-"],
		"the last of two": ["*.dkr.ecr.*.amazonaws.com/evil-*", ".amazonaws.com/evil-"],
		"the last of six characters": ["registry*team/a*:1.10*x", "team/a"],
		"the whole entry": ["pytorch-training:1.10@sha256:0", "pytorch-training:1.10@sha256:0"],
		"the first of short ones": ["*ab*cdefg*", "ab"],
		"what isn't in every reference is between words": ["a?bc/def ghi*", "bc/def"],
		"only a star": ["*", ""],
		"empty": ["", ""],
	}
	images.words(["other", entry, "last"]) == ["other", word, "last"]
}

test_words_are_empty_unless_every_entry_is_a_single_line if {
	images.words([7, "alpine"]) == ["", ""]
	images.words(["alp\nine", "busybox"]) == ["", ""]
	images.words([7, "busybox", "alp\nine"]) == ["", "", ""]
	images.words([]) == []
}

# Every image that an entry names contains the entry's word: `*` doesn't match the start of a port, a tag or a digest.
test_image_of_an_entry_has_its_word if {
	every entry in ["reg.example.com:*/mirror/*-training:1.*", "*training", "mirror/*:1.10", "*", "*:1.10"] {
		_matches(entry, _private({}))
		contains(images.text(_private({})), images.words([entry])[0])
	}
}

test_any_word_is_a_glob_of_all if {
	images.any_word(["pytorch-", ""]) == "{*pytorch-*,**}"
	images.any_word([]) == ""
}

test_default_port_is_the_same_registry if {
	_registries(_private({"registry": "reg.example.com:443"})) == ["reg.example.com"]
	known := {"registry": "1.dkr.ecr.eu-west-1.amazonaws.com", "account": "1", "region": "eu-west-1"}
	with_port := _registries(_private(object.union(known, {"registry": concat(":", [known.registry, "443"])})))
	with_port == _registries(_private(known))
}

test_another_endpoint_of_an_ecr_registry_is_that_registry_too if {
	known := {"account": "1", "region": "eu-west-1"}
	usual := _registries(_private(object.union(known, {"registry": "1.dkr.ecr.eu-west-1.amazonaws.com"})))
	another := "1.dkr.ecr.eu-west-1.amazonaws.com.cn"
	_registries(_private(object.union(known, {"registry": another}))) == array.concat([another], usual)
}

test_ecr_registry_of_an_unknown_account_or_region_is_only_itself[fact] if {
	known := {"registry": "1.dkr.ecr.eu-west-1.amazonaws.com", "account": "1", "region": "eu-west-1"}
	some fact in ["account", "region"]
	_registries(_private(object.union(known, {fact: null}))) == [known.registry]
}

test_registries_are_hosts_with_the_default_port_and_without[host] if {
	some host, others in {
		"reg.example.com": {"reg.example.com", "reg.example.com:443"},
		"reg.example.com:443": {"reg.example.com", "reg.example.com:443"},
		"reg.example.com:5000": {"reg.example.com:5000"},
		"[::1]": {"[::1]", "[::1]:443"},
		"ecr-public.aws.com:443": {
			"ecr-public.aws.com", "ecr-public.aws.com:443",
			"public.ecr.aws", "public.ecr.aws:443",
		},
	}
	{found | some found in images.registries(_private({"registry": host}))} == others
}

test_no_registry_has_no_hosts if {
	_registries(_private({"registry": null})) == []
	images.registries(_private({"registry": null})) == []
}

_endpoints := {
	"us-east-1": {
		"1.dkr.ecr.us-east-1.amazonaws.com",
		"1.dkr.ecr-fips.us-east-1.amazonaws.com",
		"1.dkr-ecr.us-east-1.on.aws",
		"1.dkr-ecr-fips.us-east-1.on.aws",
	},
	"us-gov-west-1": {
		"1.dkr.ecr.us-gov-west-1.amazonaws.com",
		"1.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
		"1.dkr-ecr.us-gov-west-1.on.aws",
		"1.dkr-ecr-fips.us-gov-west-1.on.aws",
	},
	"cn-north-1": {
		"1.dkr.ecr.cn-north-1.amazonaws.com.cn",
		"1.dkr.ecr-fips.cn-north-1.amazonaws.com.cn",
		"1.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
		"1.dkr-ecr-fips.cn-north-1.on.amazonwebservices.com.cn",
	},
	"us-isob-east-1": {
		"1.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
		"1.dkr.ecr-fips.us-isob-east-1.sc2s.sgov.gov",
		"1.dkr-ecr.us-isob-east-1.on.aws.scloud",
		"1.dkr-ecr-fips.us-isob-east-1.on.aws.scloud",
	},
}

test_each_endpoint_of_ecr_is_the_same_registry if {
	every region, hosts in _endpoints {
		every host in hosts {
			registries := _registries(_private({"registry": host, "account": "1", "region": region}))
			{registry | some registry in registries} == hosts
			count(registries) == 4
		}
	}
}

test_partitions_have_their_own_domains[region] if {
	some region, suffixes in {
		"us-iso-east-1": ["c2s.ic.gov", "on.aws.ic.gov"],
		"us-isof-south-1": ["csp.hci.ic.gov", "on.aws.hci.ic.gov"],
		"eu-isoe-west-1": ["cloud.adc-e.uk", "on.cloud-aws.adc-e.uk"],
		"eusc-de-east-1": ["amazonaws.eu", "on.amazonwebservices.eu"],
	}
	plain := sprintf("1.dkr.ecr.%s.%s", [region, suffixes[0]])
	dual_stack := sprintf("1.dkr-ecr.%s.%s", [region, suffixes[1]])
	hosts := _registries(_private({"registry": plain, "account": "1", "region": region}))
	count(hosts) == 4
	plain in hosts
	dual_stack in hosts
}

test_matches[note] if {
	some note, entry in {
		"exact": "reg.example.com:5000/mirror/pytorch-training:1.10",
		"tail": "pytorch-training:1.10",
		"bare": "mirror/pytorch-training",
		"star in the tag": "pytorch-training:1.*",
		"star in the name": "*-training",
		"star crosses a slash": "reg.example.com:5000/*training:1.10",
		"star for the port": "reg.example.com:*/mirror/*",
		"star for nothing": "pytorch*-training:1.10*",
		"only a star": "*",
		"every tag": "pytorch-training:*",
	}
	_matches(entry, _private({}))
}

test_matches_not[note] if {
	some note, entry in {
		"longer name": "pytorch-training-x",
		"end of a segment": "training:1.10",
		"star at the start of a tail is anchored": "p*-train",
		"dot is no wildcard": "pytorch-training:1x10",
		"star crosses no colon": "pytorch*1.10",
		"star crosses no at": "pytorch-training:1.10*sha256*",
		"host without its port": "reg.example.com/mirror/*",
		"longer host": "reg.example.com.evil.io:5000/*",
		"digest of an image without one": "pytorch-training@*",
		"brackets are no class": "pytorch-training:1.[0-9]+",
		"empty": "",
		"unbalanced": "pytorch-training:(1.10",
		"backslash": `pytorch\-training`,
		"control character": "pytorch\ntraining",
		"not latin": "pytorch-trainingé*",
	}
	not _matches(entry, _private({}))
}

test_matches_not_what_is_no_text if {
	every entry in [null, 7, true, ["*"], {"*": "*"}] {
		not _matches(entry, _private({}))
	}
}

test_star_matches_no_unknown_image if not _matches("*", testing.unknown_image("missing"))

test_star_for_a_digest if {
	image := _private({"tag": null, "digest": _digest})
	_matches("pytorch-training@sha256:aa*", image)
	not _matches("pytorch-training@sha256:ab*", image)
	not _matches("pytorch-training:*", image)
}

test_image_with_a_line_break_is_not_two if {
	image := testing.image({"repository": "a\nb", "tag": "1"})
	images.text(image) == ""
	not _matches("b", image)
	not "b:1" in _keys(image)
}

# The owner controls the length of a path, and each expression would be matched against all its ends.
test_text_has_no_tails_of_the_path if {
	path := concat("/", [sprintf("a%d", [number]) | some number in numbers.range(1, 100)])
	images.text(_private({"repository": path, "tag": "1"})) == sprintf(
		"reg.example.com:5000/%[1]s\nreg.example.com:5000/%[1]s:1",
		[path],
	)
	images.text(testing.image({"registry": null, "repository": "a/b", "tag": null, "digest": "sha256:0"})) == concat(
		"\n",
		["a/b", "a/b@sha256:0"],
	)
}

test_unknown_image_has_no_text if images.text(testing.unknown_image("missing")) == ""
