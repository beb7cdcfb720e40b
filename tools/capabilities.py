"""Filter OPA's capabilities to those that policies may use: `opa capabilities --current | python tools/capabilities.py > FILE`.

ALLOWED is an allow list, so that a built-in of a later OPA can't be used until somebody has reviewed it. Not allowed are:
the network (http.send, net.lookup_ip_addr, providers.aws), the clock (time.now_ns), randomness (rand.intn, uuid) and the
environment (opa.runtime), because a replayed decision must be the same; net.cidr_expand, which can return four billion addresses
for ten characters; tokens, certificates, keys, GraphQL and Rego parsing, because no fact of a job has such a form; trace;
deprecated built-ins; and syntax that Regal's older parser doesn't support. print shows values in tests; in decisions it has no
output.
"""

from __future__ import annotations

import json
import sys
from typing import Any

ALLOWED: dict[str, str] = {
    "comparison and assignment": "assign eq equal gt gte lt lte neq internal.member_2 internal.member_3 internal.test_case",
    "numbers": "abs ceil div floor format_int minus mul numbers.range numbers.range_step plus rem round to_number",
    "bits": "bits.and bits.lsh bits.negate bits.or bits.rsh bits.xor",
    "collections": "and array.concat array.flatten array.reverse array.slice count intersection max min or product"
    " sort sum union",
    "objects": "json.filter json.patch json.remove object.filter object.get object.keys object.remove object.subset"
    " object.union object.union_n walk",
    "text": "concat contains endswith indexof indexof_n lower replace split sprintf startswith strings.any_prefix_match"
    " strings.any_suffix_match strings.count strings.replace_n strings.reverse strings.split_n substring trim trim_left"
    " trim_prefix trim_right trim_space trim_suffix upper",
    "patterns": "glob.match glob.quote_meta regex.find_all_string_submatch_n regex.find_n regex.globs_match regex.is_valid"
    " regex.match regex.replace regex.split regex.template_match",
    "types": "is_array is_boolean is_null is_number is_object is_set is_string type_name",
    "encodings": "base64.decode base64.encode base64.is_valid base64url.decode base64url.encode base64url.encode_no_pad"
    " hex.decode hex.encode json.is_valid json.marshal json.unmarshal urlquery.decode urlquery.decode_object"
    " urlquery.encode urlquery.encode_object yaml.is_valid yaml.unmarshal",
    "digests": "crypto.sha256",
    "times that are given": "time.add_date time.clock time.date time.diff time.format time.parse_duration_ns time.parse_ns"
    " time.parse_rfc3339_ns time.weekday",
    "units, versions and addresses": "semver.compare semver.is_valid units.parse units.parse_bytes uri.is_valid uri.parse",
    "address ranges": "net.cidr_contains net.cidr_contains_matches net.cidr_intersects net.cidr_is_valid net.cidr_merge",
    "debugging": "internal.print print",
    "a rule's own annotations": "rego.metadata.chain rego.metadata.rule",
}
FEATURES = ("keywords_in_refs", "rego_v1")
# If `g(x)` is undefined, so is `not f(g(x))`, and a rule would have no finding; with `import future.keywords.not` it is true.
FUTURE_KEYWORDS = ("not",)


def restricted(capabilities: dict[str, Any]) -> dict[str, Any]:
    """Return the part of OPA's capabilities that policies may use.

    Raises ValueError if this OPA lacks an allowed capability, which means that the list is stale.
    """
    names = {name for family in ALLOWED.values() for name in family.split()}
    missing = names - {builtin["name"] for builtin in capabilities["builtins"]}
    missing |= set(FEATURES) - set(capabilities["features"])
    missing |= set(FUTURE_KEYWORDS) - set(capabilities["future_keywords"])
    if missing:
        raise ValueError(f"this OPA has no {', '.join(sorted(missing))}")
    return {
        "allow_net": [],
        "builtins": [builtin for builtin in capabilities["builtins"] if builtin["name"] in names],
        "features": sorted(FEATURES),
        "future_keywords": sorted(FUTURE_KEYWORDS),
    }


def text(capabilities: dict[str, Any]) -> str:
    """Return the capabilities as JSON with one line for each built-in, so that a new OPA version gives a readable diff."""
    rest = json.dumps({key: value for key, value in capabilities.items() if key != "builtins"}, sort_keys=True)
    builtins = ",\n  ".join(json.dumps(builtin, sort_keys=True) for builtin in capabilities["builtins"])
    return f'{rest[:-1]}, "builtins": [\n  {builtins}\n]}}\n'


def main() -> int:
    sys.stdout.write(text(restricted(json.load(sys.stdin))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
