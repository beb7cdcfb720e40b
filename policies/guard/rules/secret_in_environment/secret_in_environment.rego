# METADATA
# title: Credentials in settings
# description: |
#   No environment variable or hyperparameter may contain a credential, because everybody who may describe the job can
#   read it. A setting is a finding, and never more than one,
#
#   - if its value looks like a credential: access keys of AWS and other well-known services, private keys, URLs with a
#     password, `password=...`;
#   - if its name looks like the name of a credential: one of the regular expressions `names` matches somewhere in it,
#     without regard to case, and none of `harmless_names` does. `hubToken` is also read as `hub_Token`. The setting is
#     not a finding if its value is empty, a switch, or a reference to a credential (regular expressions
#     `harmless_values`);
#   - if its value contains an option or variable with such a name (`--password x`, `NAME=x program`), also in JSON.
#
#   A word of the command is a finding if it looks like a credential, and so is an option or variable of the command
#   whose name looks like the name of one. If more than 100 settings, or options and variables, have such names, that
#   alone is the finding about names. No value ever appears in a finding. Without `names` every name counts as that of a
#   credential.
# related_resources:
#   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/best-practices.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
# schemas:
#   - input: schema.input
# custom:
#   severity: high
#   remediation: >-
#     Keep the credential in AWS Secrets Manager or Parameter Store, let the job's code read it with the
#     execution role, and replace the credential: it has been readable.
#   pointless:
#   - names: []
#   parameters:
#     names:
#       description: Regular expressions for names of credentials.
#       type: array
#       items:
#         type: string
#         format: regex
#     harmless_names:
#       description: Regular expressions for names that `names` matches but that don't belong to credentials.
#       type: array
#       default: []
#       items:
#         type: string
#         format: regex
#         must_not_match: ["", hunter2hunter2, correcthorse]
#     harmless_values:
#       description: Regular expressions for values that only refer to a credential.
#       type: array
#       default: []
#       items:
#         type: string
#         format: regex
#         must_not_match: ["", hunter2hunter2, correcthorse, Zk7Qm2Xw9Rt4Vb6Ny1Lp3Hs8Dg5Jc0FaUeTiOoSu]
package guard.rules.secret_in_environment

import data.guard.lib.switches
import data.guard.parameters
import data.guard.settings
import future.keywords.not

# METADATA
# description: What the owner of the job should change.
remediation := rego.metadata.chain()[1].annotations.custom.remediation

# METADATA
# scope: document
# description: Settings that look like credentials.
findings contains {
	"message": sprintf("The value of the setting %s in %s looks like a credential.", [setting.name, setting.slot]),
	"details": {"config": "rules.secret_in_environment", "slot": setting.slot, "setting": setting.name},
} if {
	_may_be_credential(settings.text)
	some setting in settings.listed
	_is_credential(setting.value)
}

findings contains {
	"message": sprintf("Word %d of the command's %s looks like a credential.", [position, part]),
	"details": {"config": "rules.secret_in_environment", "command": part, "position": position},
} if {
	some part, words in input.command
	is_array(words)
	_may_be_credential(concat("\n", words))
	some i, word in words
	_is_credential(word)
	position := i + 1
}

findings contains {
	"message": sprintf("The setting %s in %s is named like a credential and has a value.", [setting.name, setting.slot]),
	"details": {
		"config": sprintf("rules.secret_in_environment.names[%d]", [number]),
		"slot": setting.slot,
		"setting": setting.name,
		"entry": entry,
	},
} if {
	count(_named_like_credentials) <= _most
	some i in _named_like_credentials
	setting := settings.listed[i]
	number := _number(settings.names[i], setting.value)
	entry := _names[number]
}

findings contains {
	"message": sprintf("The value of the setting %s in %s has an option or variable that is named like a credential.", [
		setting.name,
		setting.slot,
	]),
	"details": {
		"config": sprintf("rules.secret_in_environment.names[%d]", [number]),
		"slot": setting.slot,
		"setting": setting.name,
		"entry": entry,
	},
} if {
	_named_in_values > 0
	_named_in_values <= _most
	some i, setting in settings.listed
	not _is_credential(setting.value)
	not _is_found_by_name(i)
	number := min({of_one | some [name, value] in _assigned(setting.value); of_one := _number(name, value)})
	entry := _names[number]
}

findings contains {
	"message": sprintf("%s in the command's %s is named like a credential and has a value.", [name, part]),
	"details": {
		"config": sprintf("rules.secret_in_environment.names[%d]", [number]),
		"command": part,
		"name": name,
		"entry": entry,
	},
} if {
	some part, given in _given
	count(given) <= _most
	some [name, value] in given
	number := _number(name, value)
	entry := _names[number]
}

findings contains {
	"message": sprintf("More than %d names in the %s look like names of credentials.", [_most, part]),
	"details": {"config": "rules.secret_in_environment.names", "part": part},
} if {
	some part, _ in _too_many_names
}

# A limit on work: a job's owner could write thousands of names, and no ordinary job needs more than these.
_most := 100

_too_many_names[part] := true if {
	some part, given in _given
	count(given) > _most
}

_too_many_names["settings"] if count(_named_like_credentials) > _most

_too_many_names["values of settings"] if _named_in_values > _most

default _named_like_credentials := set()

_named_like_credentials := settings.named(_any_name) if count(_names) > 0

# Options and variables of the command with a name like that of a credential, before harmless names are excluded.
_given[part] := {[name, value] |
	some expression in [_option, _variable]
	some [_, name, value] in regex.find_all_string_submatch_n(expression, text, -1)
	some spelling in settings.spellings(name)
	regex.match(_any_name, spelling)
} if {
	count(_names) > 0
	some part, words in input.command
	is_array(words)
	text := concat("\n", [_unless_credential(word) | some word in words])
}

_any_name := _any_of(_names)

# The number of options and variables in values with such a name, in the spelling with the most. Most jobs have none,
# which one look at all values together shows.
default _named_in_values := 0

_named_in_values := max({count(_names_of(lines)) | some lines in _assignments(_every_value)}) if {
	regex.match(`(?:^|\W)-|[=\\]`, _every_value)
	count(_names) > 0
}

_every_value := concat("\n;\n", settings.values)

_is_found_by_name(i) if {
	i in _named_like_credentials
	_number(settings.names[i], settings.listed[i].value)
}

# The options and variables in a value, with their values, that are named like a credential in one of their spellings.
_assigned(value) := union({settings.assigned_values(lines, _names_of(lines)) | some lines in _assignments(value)})

_names_of(lines) := settings.assigned_names(lines, _any_name, _most + 1)

# For each spelling of a text, its options and variables with their values, a line each, found without iterating over
# them.
_assignments(text) := {lines |
	some spelling in settings.spellings(_unquoted(text))
	found := array.concat(regex.find_n(_option, spelling, -1), regex.find_n(_variable, spelling, -1))
	found != []
	lines := settings.assignments(found)
}

# Also for lists in JSON: `["--password", "x"]`.
_unquoted(text) := regex.replace(assigned, `[\[\],"'\x60\\\s]+`, " ") if {
	filled := regex.replace(switches.decoded(text), `\\*"\\*"|\\*'\\*'`, " null ")
	assigned := regex.replace(filled, `=["'\x60\\]+`, "=")
}

# Leaves out a word that is already a finding.
_unless_credential(word) := "" if {
	_is_credential(word)
} else := word

# The number of the first entry of `names` that matches the name. Undefined if none does, if the name or the value is
# harmless, and if the value is already a finding.
_number(name, value) := min([i | some i, entry in _names; _is_one_of([entry], spellings)]) if {
	spellings := settings.spellings(name)
	not _is_one_of(_harmless_names, spellings)
	not regex.match(_nothing, value)
	not _is_one_of(_harmless_values, {value})
	not _is_credential(value)
}

# An option with its value after a space or `=`, and a variable with its value. Words are separated by line breaks.
_option := concat("", [`(?:^|[\s;&|("'])--?([a-zA-Z][\w.-]*)(?:=|[ \t]+|\n)`, _value])

_variable := concat("", [`(?:^|[\s;&|("'])([a-zA-Z_][\w.-]*)=`, _value])

_value := `("[^"\n]*"|'[^'\n]*'|[^\s;&|"'-][^\s;&|"']*)`

# Shorter texts match none of the formats.
_is_credential(text) if {
	count(text) > 11
	_may_be_credential(text)
	regex.match(_credential, text)
}

# A quick way to skip most texts: each format contains one of these words, some in any case, and a glob takes a
# hundredth of the expression's time.
_may_be_credential(text) if glob.match(_words, null, text)

_may_be_credential(text) if glob.match(_words_in_any_case, null, lower(text))

_words := concat("", [
	"{*", concat("*,*", [
		"AKIA", "ASIA", "FwoGZXIvYXdz", "IQoJb3JpZ2lu", "ABSKQmVkcm9j", "PRIVATE KEY", "AGE-SECRET-KEY-1",
		"gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_", "glpat-", "gldt-", "glrt-", "glptt-", "glsoat-",
		"npm_", "pypi-AgE", "dckr_", "ATATT3", "hf_", "api_org_", "sk-", "gsk_", "nvapi-", "xai-", "pplx-", "r8_", "lsv2_",
		"AIza", "ya29.", "GOCSPX-", "Q~", "AccountKey=", "SharedAccessKey=", "sig=", "Signature=",
		"dapi", "doo_v1_", "dop_v1_", "dor_v1_", "hvb.", "hvs.", ".atlasv1.", "glsa_", "NRAK-", "PMAK-", "dp.",
		"xox", "xapp-", "hooks.slack.com", "k_live_", "k_test_", "whsec_", "sq0", "shpat_", "shpca_", "shppa_", "shpss_",
		"SG.", "key-", "SK", "eyJ", "://*:*@",
	]),
	"*}",
])

_words_in_any_case := "{*bearer*,*authorization:*,*password*,*passwd*,*pwd*}"

# One expression for all formats, with low repetition counts: otherwise this would be the slowest of all rules.
_credential := concat("|", [
	# AWS: access keys, session tokens, Bedrock API keys.
	`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
	`\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu|ABSKQmVkcm9j)[A-Za-z0-9+/=]{20}`,
	`-----BEGIN [A-Z ]*PRIVATE KEY|\bAGE-SECRET-KEY-1`,
	# Hosts of code, packages and containers.
	`\bgh[oprsu]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{22}|\bgl(?:pat|dt|rt|ptt|soat)-[A-Za-z0-9_-]{20}`,
	`\bnpm_[A-Za-z0-9]{30}|\bpypi-AgE[A-Za-z0-9_-]{20}|\bdckr_[op]at_[A-Za-z0-9_-]{20}|\bATATT3[A-Za-z0-9_=-]{20}`,
	# Hosts of models.
	`\b(?:hf|api_org)_[A-Za-z0-9]{30}|\bsk-(?:(?:ant|proj|svcacct|admin|or|lf)-[A-Za-z0-9_-]{20}|[A-Za-z0-9]{20})`,
	`\b(?:gsk_|nvapi-|xai-|pplx-|r8_|lsv2_[ps]t_)[A-Za-z0-9_-]{30}`,
	# Clouds and their services.
	`\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20}|\bGOCSPX-[A-Za-z0-9_-]{20}`,
	`\b[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{20}|(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/=]{20}`,
	`[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=[A-Za-z0-9%+/=]{20}`,
	`\bdapi[0-9a-f]{32}|\bdo[opr]_v1_[0-9a-f]{20}|\bhv[bs]\.[A-Za-z0-9_-]{20}|\.atlasv1\.[A-Za-z0-9_-]{20}`,
	`\bglsa_[A-Za-z0-9]{20}|\bNRAK-[A-Z0-9]{20}|\bPMAK-[0-9a-f]{20}|\bdp\.[a-z]{2}\.[A-Za-z0-9]{20}`,
	# Messaging and payment services.
	`\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10}|\bhooks\.slack\.com/services/T\w+/B\w+/\w`,
	`\b[prs]k_(?:live|test)_[A-Za-z0-9]{10}|\bwhsec_[A-Za-z0-9+/]{20}|\bsq0[a-z]{3}-[A-Za-z0-9_-]{20}`,
	`\bshp(?:at|ca|pa|ss)_[0-9a-f]{20}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16}|\b(?:key-|SK)[0-9a-f]{32}\b`,
	# General formats: tokens, authorization headers, URLs with a password.
	`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10}`,
	`(?i:\bbearer\s+[a-z0-9_.~+/-]{16}|\bauthorization:\s*basic\s+[a-z0-9+/=]{8})`,
	`://[^/\s:@]*:(?:[^/\s@${}<>%*]|%[0-9A-Fa-f]{2})[^/\s@]*@`,
	# Passwords in an address, a string of options or JSON, also JSON within JSON.
	`(?i:(?:^|[;,\s?&"'=])(?:password|passwd|pwd)(?:\s*=\s*|\\?["']\s*:\s*\\?["']))[^\s;,&"'${}<>%*\\][^\s;,&"'\\]{3}`,
])

# The SDK quotes hyperparameters as JSON.
_nothing := `(?i)^["']?\s*(?:|null|none|true|false|yes|no|on|off)\s*["']?$`

_any_of(expressions) := sprintf("(?i)(?:%s)", [concat(")|(?:", expressions)])

_is_one_of(expressions, texts) if {
	count(expressions) > 0
	some text in texts
	regex.match(_any_of(expressions), text)
}

default _names := [""]

_names := given if {
	given := parameters.of.secret_in_environment.names
	is_array(given)
}

default _harmless_names := []

_harmless_names := given if {
	given := parameters.of.secret_in_environment.harmless_names
	is_array(given)
}

default _harmless_values := []

_harmless_values := given if {
	given := parameters.of.secret_in_environment.harmless_values
	is_array(given)
}
