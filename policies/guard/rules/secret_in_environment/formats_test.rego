package guard.rules.secret_in_environment_test

import data.guard.rules.secret_in_environment as rule

# What formats begin with, and how many characters follow: digits are of every alphabet. They are put together below, so
# that no scanner takes them for leaks.
_formats := [
	["FwoGZXIvYXdz", 36],
	["IQoJb3JpZ2lu", 36],
	["ABSKQmVkcm9j", 36],
	["AGE-SECRET-KEY-1", 36],
	["gho_", 36],
	["ghp_", 36],
	["ghr_", 36],
	["ghs_", 36],
	["ghu_", 36],
	["github_pat_", 36],
	["glpat-", 36],
	["gldt-", 36],
	["glrt-", 36],
	["glptt-", 36],
	["glsoat-", 36],
	["npm_", 36],
	["pypi-AgE", 36],
	["dckr_oat_", 36],
	["dckr_pat_", 36],
	["ATATT3", 36],
	["hf_", 36],
	["api_org_", 36],
	["sk-", 36],
	["sk-ant-", 36],
	["gsk_", 36],
	["nvapi-", 36],
	["xai-", 36],
	["pplx-", 36],
	["r8_", 36],
	["lsv2_pt_", 36],
	["lsv2_st_", 36],
	["AIza", 36],
	["ya29.", 36],
	["GOCSPX-", 36],
	["abc8Q~", 36],
	["AccountKey=", 36],
	["SharedAccessKey=", 36],
	["https://a?sig=", 36],
	["https://a?X-Amz-Signature=", 36],
	["https://a?X-Goog-Signature=", 36],
	["dapi", 36],
	["doo_v1_", 36],
	["dop_v1_", 36],
	["dor_v1_", 36],
	["hvb.", 36],
	["hvs.", 36],
	["a.atlasv1.", 36],
	["glsa_", 36],
	["NRAK-", 36],
	["PMAK-", 36],
	["dp.pt.", 36],
	["xoxb-", 36],
	["xapp-", 36],
	["pk_live_", 36],
	["rk_test_", 36],
	["whsec_", 36],
	["sq0atp-", 36],
	["shpat_", 36],
	["shpca_", 36],
	["shppa_", 36],
	["shpss_", 36],
	["AKIA", 16],
	["ASIA", 16],
	["key-", 32],
	["SK", 32],
]

test_deny_every_format if {
	settings := [[beginning, concat("", [beginning, substring("012345678901234567890123456789012345", 0, length)])] |
		some [beginning, length] in _formats
	]
	r := rule.findings with input as _job([], settings) with data.guard.config.rules.secret_in_environment as _config
	r == {_by_value("Environment", beginning) | some [beginning, _] in settings}
}

test_allow_what_formats_begin_with_alone if {
	settings := [["x", beginning] | some [beginning, _] in _formats; beginning != "AGE-SECRET-KEY-1"]
	r := rule.findings with input as _job([], settings) with data.guard.config.rules.secret_in_environment as _config
	r == set()
}
