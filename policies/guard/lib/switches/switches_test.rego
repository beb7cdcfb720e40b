package guard.lib.switches_test

import data.guard.lib.switches

_no := ["null", "none", "false", "0", "no", "off", "n", "f", "None", "FALSE"]

_yes := ["1", "true", "2", "nn", "ff", "00", "nono", "official", "x", "-", "no-model", "0.5"]

test_settings_are_off[value] if {
	some no in array.concat(_no, [""])
	some form in ["%s", `"%s"`, "'%s'", " %s ", `" %s "`]
	value := sprintf(form, [no])
	switches.is_off(value)
}

test_settings_are_on[value] if {
	some value in array.concat(_yes, ["no\nx", `""no`, "no''"])
	not switches.is_off(value)
}

test_assigned_are_names[text] if {
	some text, expected in {
		"a=1,b.c-d: 2": ["a", "b.c-d"],
		`{"a": 1, 'b' : 2}`: ["a", "b"],
		`"{\"a\": 1}"`: ["a"],
		"a=b=1": ["a", "b"],
		"a\t=1;b\r\n:1": ["a", "b", ""],
		"$a=1 --b=1 -c=1": ["$a", "#b", "-c"],
		"a=": ["a"],
	}
	split(switches.assigned(text), "\n") == expected
}

test_nothing_is_assigned[text] if {
	some text in ["", "a", "a b", "=", `"":`, "a, =1"]
	not switches.assigned(text)
}

test_values_that_are_off_go[text] if {
	some text in array.flatten([
		[sprintf(form, [no]) |
			some no in _no
			some form in [
				"a=%s",
				"a = %s",
				"a==%s",
				"a=%s,",
				"a=%s;",
				"a=%s&",
				"a=%s|",
				"a=%s)",
				"a=%s>",
				"a='%s'",
				`{"a": "%s"}`,
				`[{"a":%s}]`,
				`"{\"a\":\"%s\"}"`,
				"\"a\":\n\t%s ",
				"a: %s\nb",
			]
		],
		["a=", "a= ", "a=,b", "a=;b", "a=&b", "a=|b", "a=)", "a=]", "a=}", `a=""`, "a=''\nb", "a=\nb"],
		["a:", "a: \n", `"a":""`],
		[`{"a":}`, `{"a":,`],
	])
	not switches.assigned(switches.without_off(text))
}

test_values_that_are_on_stay[text] if {
	some text in array.flatten([
		[sprintf(form, [yes]) | some yes in _yes; some form in ["a=%s", "a = %s", "a='%s'", `{"a": "%s"}`, "\"a\":\n%s"]],
		["a= b", "a=[]", "a=$x", `a=0"1"`, "a: b", "a:\nb: no", "a=no.x"],
	])
	switches.assigned(switches.without_off(text)) == "a"
}

test_of_several_values_those_that_are_on_stay if {
	text := switches.without_off("a=no,b=1,c=,d=x,e=b=no;f=off g=y")
	switches.assigned(text) == "b\nd\ne\ng"
}

test_every_beginning_of_the_option_counts if {
	every mark in ["_", "-"] {
		whole := concat(mark, ["--trust", "remote", "code"])
		every length in numbers.range(4, count(whole)) {
			option := substring(whole, 0, length)
			switches.trust_options(option) == {option}
		}
	}
}

test_an_option_of_a_group_counts_by_its_whole_name if {
	every option in ["--model.trust_remote_code", "--a-b.c_1.trust-remote-code"] {
		every text in [option, sprintf("x %s True", [option]), sprintf("%s=1 --y", [option])] {
			switches.trust_options(text) == {option}
			regex.match(switches.hint, text)
		}
		every no in ["%s no", "%s=False", "x%s", "%ss", "%s.x"] {
			switches.trust_options(sprintf(no, [option])) == set()
		}
	}
	every option in ["--data.tr", "--model.trust", "--model.no_trust_remote_code", "--model..trust_remote_code"] {
		switches.trust_options(option) == set()
	}
}

test_options_are_on[text] if {
	some text in array.flatten([
		[sprintf(form, [yes]) | some yes in _yes; some form in ["--tr=%s", "--tr %s", "--tr\n%s"]],
		["--tr", "--tr ", "--tr=", "--tr= no", "--tr;no", "--tr (no", "x --tr", "x;--tr", "x|--tr", "x&--tr", "(--tr)"],
		["--tr<x", "--tr>x", "--tr,x", "--tr|x", "--tr&x", "--tr --x no", "--tr no --tr", "--trust no;--tr"],
	])
	switches.trust_options(text) == {"--tr"}
}

test_options_are_off[text] if {
	some text in array.flatten([
		[sprintf(form, [no]) |
			some no in _no
			some form in ["--tr=%s", "--tr %s", "--tr\n%s ", "--tr=%s,x", "--tr %s;x", "--tr %s>x", "--tr %s<x", "(--tr %s)"]
		],
		["--t", "--true", "--trust-x", "--trust-remote-codes", "x--tr", "--tr no --tr no --tr no", "--tr no|x", "--tr no&x"],
	])
	switches.trust_options(text) == set()
}

test_escapes_are_read[text] if {
	some text, expected in {
		`a\u005fb`: "a_b",
		`a\u005Fb`: "a_b",
		`a\\u005fb`: "a_b",
		`a\\\\u005fb`: "a_b",
		`a\u005cu005fb`: "a_b",
		`a\u005Cu005fb`: "a_b",
		`\u0020\u007e\u0061\u005A`: " ~aZ",
		`\u007f\u001f`: `\u007f\u001f`,
		`a\nb u005f`: `a\nb u005f`,
		`\\n`: `\\n`,
		`\u00e9\n`: `\u00e9\n`,
	}
	switches.decoded(text) == expected
}
