# METADATA
# title: The decision
# description: |
#   Combines the findings of all rules into one decision, and the findings of each rule into a decision of its own.
#   Rules are found by their folder; levels and exemptions come from the configuration. A defect in either, such as a
#   rule without a level or a finding without a message, is itself a finding at level deny that can't be exempted. The
#   evaluation error of a rule isn't caught: it fails every query that needs the rule, which are `decision` and the
#   rule's own key of `by_rule`.
# schemas:
#   - input: schema.input
package guard.main

import data.guard.lib.contract
import data.guard.lib.kinds
import data.guard.lib.levels
import data.guard.parameters
import data.guard.plan
import future.keywords.not

# METADATA
# title: Schema version
# description: The `schema_version` of the documents that these policies are written for.
# entrypoint: true
schema_version := contract.schema_version

# METADATA
# title: Decision
# description: |
#   The verdict `decision` (allow, warn or deny) and the sorted `findings`, including exempted ones: at most 50 for each
#   rule, and one more that counts the rest. Undefined, which callers treat as an error, if the input doesn't satisfy
#   the contract.
# entrypoint: true
decision := _summary(_findings) if contract.satisfied(input)

# METADATA
# title: Decisions by rule
# description: |
#   For each rule id, the decision that this rule alone would give: with the same contract, levels and exemptions, and
#   with the defects of the rule's own configuration. Notices about exemptions concern all rules together, so only
#   `decision` has them. A query for one rule evaluates no other rule, so a rule that fails or is slow doesn't affect
#   the decisions of the others.
# entrypoint: true
by_rule[rule_id] := _summary(_alone(rule_id)) if {
	contract.satisfied(input)
	some rule_id in _all
}

_all := object.keys(plan.sections) | object.keys(plan.defects)

_alone(rule_id) := findings if {
	findings := _listed[rule_id]
} else := []

# METADATA
# title: Rules
# description: |
#   The keys of `by_rule` that can have findings: all except the rules that are off for every job. `denied_image` comes
#   first, because its denials are the most certain; the others are sorted. The list is computed without evaluating a
#   rule.
# entrypoint: true
rule_ids := array.concat(
	[rule_id | some rule_id in _queryable; rule_id == "denied_image"],
	[rule_id | some rule_id in _queryable; rule_id != "denied_image"],
)

_queryable contains rule_id if some rule_id, _ in plan.rules

_queryable contains rule_id if some rule_id, _ in plan.defects

_queryable contains rule_id if some rule_id in plan.unnamed

_findings := [finding | some findings in _fast_path; some finding in findings] if {
	_only_fast_path
} else := [finding | some findings in object.union(_listed, {"exemptions": _notices}); some finding in findings]

_only_fast_path if {
	plan.defects == {}
	plan.unnamed == []
	plan.exemptions.malformed == []
	count(_fast_path) == count(_reporting)
}

_summary(findings) := {
	"decision": _verdict(findings),
	"findings": findings,
}

_verdict(findings) := "deny" if {
	_has("deny", findings)
} else := "warn" if {
	_has("warn", findings)
} else := "allow"

_has(level, findings) if {
	some finding in findings
	finding.level == level
	finding.exempted_by == null
}

# The findings of each rule, together with the rule's defects. Nothing here may depend on another rule. Most rules find
# nothing in most jobs, and most others have a few findings to which no override and no exemption applies: `_fast_path`
# needs few steps for these. Keys are iterated in order, so findings are sorted by rule id.

_listed[rule_id] := findings if some rule_id, findings in _fast_path

_listed[rule_id] := array.concat(_sorted(_stamped(rule_id, array.slice(ranked, 0, _most))), _rest(rule_id, others)) if {
	some rule_id, _ in _found
	not _broken[rule_id]
	ranked := sort(_judged(rule_id))
	others := array.slice(ranked, _most, count(ranked))
}

_listed[rule_id] := _sorted(array.concat(_stamped(rule_id, judged), _defect_findings(rule_id))) if {
	some rule_id, _ in _broken
	judged := array.slice(sort(_judged(rule_id)), 0, _most)
}

_fast_path[rule_id] := [object.union(stamp, {"message": message, "details": details, "exempted_by": null}) |
	some [message, details] in sort(reported)
] if {
	_nothing_exempts
	some rule_id, _ in _reporting
	stamp := plan.stamps[rule_id]
	found := data.guard.rules[rule_id].findings
	is_set(found)
	count(found) <= _most
	reported := [[message, details] |
		some finding in found
		message := finding.message
		is_string(message)
		trim_space(message) != ""
		count(message) <= _longest
		details := finding.details
		is_object(details)
	]
	count(reported) == count(found)
}

# Rules that `_fast_path` doesn't cover: those with many or invalid findings, and those that overrides or exemptions
# change.
_slow_path[rule_id] if {
	some rule_id, _ in _reporting
	not _fast_path[rule_id]
}

# The owner of a job controls how many findings it has, so a rule lists a limited number and counts the others. Findings
# that count for the verdict come first: the verdict is then the same as with all of them.
_most := 50

# Findings with equal messages are sorted by their details, the first key of a finding in sort order.
_sorted(findings) := [keyed[1] | some keyed in sort([[finding.message, finding] | some finding in findings])]

_rest(rule_id, judged) := [object.union(object.remove(first, {"details"}), {
	"message": sprintf("The rule has %d more findings, %d of them exempted.", [count(judged), exempted]),
	"details": {"config": sprintf("rules.%s", [rule_id]), "more": count(judged), "more_exempted": exempted},
})] if {
	[first] := _stamped(rule_id, [judged[0]])
	exempted := count([one | some one in judged; one[0]])
} else := []

# For each finding an array to sort by: whether it is exempted, its message, the finding, and the exemption's id.
_judged(rule_id) := [[exempted_by != null, finding.message, finding, exempted_by] |
	some finding in _found[rule_id]
	exempted_by := object.get(exempting, [_subject(finding)], null)
] if {
	not _nothing_exempts
	exempting := _exempting[rule_id]
	exempting != {}
} else := [[false, finding.message, finding, null] | some finding in _found[rule_id]]

_stamped(rule_id, judged) := [object.union(stamp, {
	"message": _shortened(finding.message),
	"details": _with_override(rule_id, object.get(finding, "details", {})),
	"exempted_by": exempted_by,
}) |
	stamp := {
		"rule_id": rule_id,
		"level": _on[rule_id],
		"level_source": _source(rule_id),
		"remediation": _remediation(rule_id),
	}
	some [_, _, finding, exempted_by] in judged
]

_found[rule_id] := {finding | some finding in data.guard.rules[rule_id].findings; _is_finding(finding)} if {
	some rule_id, _ in _slow_path
}

# Rules that are on and whose findings are not an empty set.
_reporting[rule_id] if {
	some rule_id, _ in _on
	not data.guard.rules[rule_id].findings == set()
}

_longest := 2000

_shortened(message) := message if {
	count(message) <= _longest
} else := sprintf("%s... (%d characters)", [substring(message, 0, _longest), count(message)])

# A finding names the entry of the rule's section that decided. Where an override replaces that entry for the job, the
# path of the override's entry is put in its place.
_with_override(rule_id, details) := object.union(details, {"config": config}) if {
	number := parameters.applied[rule_id]
	is_string(details.config)
	section := sprintf("rules.%s", [rule_id])
	startswith(details.config, section)
	entry := trim_prefix(details.config, section)
	_is_changed(rule_id, entry)
	config := concat("", [section, sprintf(".overrides[%d]", [number]), entry])
} else := details

_is_changed(rule_id, entry) if {
	startswith(entry, ".")
	parameters.changed[rule_id][regex.split(`[.\[]`, entry)[1]]
}

_is_changed(rule_id, "") if {
	some key, _ in parameters.changed[rule_id]
	key != "level"
}

# A rule that is off isn't evaluated, so it costs nothing. If the job is of another kind, or lacks a part that the rule
# needs, no level and no override makes the rule report anything.
_on := object.remove(_levels, kinds.about_others(plan.limits, input)) if {
	plan.scoped == {}
} else := object.remove(object.remove(_levels, _off), kinds.about_others(plan.limits, input))

_levels := plan.rules if {
	plan.scoped == {}
} else := object.union(plan.rules, _overriding)

_off contains rule_id if {
	some rule_id, _ in plan.scoped
	_levels[rule_id] == "off"
}

_off contains rule_id if {
	some rule_id, prepared in plan.scoped
	levels.undecided(prepared, input)
}

_overriding[rule_id] := plan.scoped[rule_id].overrides[number].level if some rule_id, number in parameters.applied

_source(rule_id) := sprintf("overrides[%d]", [parameters.applied[rule_id]]) if {
	_overriding[rule_id]
} else := "level"

_remediation(rule_id) := data.guard.rules[rule_id].remediation if {
	is_string(data.guard.rules[rule_id].remediation)
} else := null

_is_finding(finding) if {
	_has_message(finding)
	is_object(object.get(finding, "details", {}))
}

_has_message(finding) if {
	is_string(finding.message)
	trim_space(finding.message) != ""
}
