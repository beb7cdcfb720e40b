package guard.settings_test

import data.guard.settings
import data.guard.testing

_document := testing.input_with({
	"hyperparameters": [{"slot": "HyperParameters", "name": "epochs", "value": "10"}],
	"environment": [
		{"slot": "Environment", "name": "STAGE", "value": "dev"},
		{"slot": "Environment", "name": "STAGE", "value": ""},
	],
})

test_settings_keep_their_order if {
	settings.listed == array.concat(_document.hyperparameters, _document.environment) with input as _document
	settings.names == ["epochs", "STAGE", "STAGE"] with input as _document
	settings.values == ["10", "dev", ""] with input as _document
	settings.lower_names == ["epochs", "stage", "stage"] with input as _document
	json.unmarshal(settings.text) == settings.listed with input as _document
}

test_no_settings_are_empty_lists if {
	document := testing.input_with({"hyperparameters": [], "environment": []})
	settings.names == [] with input as document
	settings.lower_names == [] with input as document
	settings.text == "[]" with input as document
}

_named(names) := testing.input_with({
	"hyperparameters": [],
	"environment": [{"slot": "Environment", "name": name, "value": "1"} | some name in names],
})

test_lower_names_keep_their_order_whatever_they_hold if {
	settings.lower_names == ["a", "b\nc", "d"] with input as _named(["A", "B\nC", "D"])
}

_keys := _named(["API_KEY", "KEY", "KEY\nSTAGE", "EPOCHS"])

test_named_returns_settings_that_the_expression_matches[expression] if {
	some expression, places in {
		"KEY": {0, 1, 2},
		"^KEY": {1, 2},
		"KEY$": {0, 1},
		`\AKEY`: {1, 2},
		`KEY\z`: {0, 1},
		"(?i)^key$": {1},
		"(?-m)^KEY$": {1},
		"^STAGE": set(),
		"KEY$|^STAGE": {0, 1},
		"": {0, 1, 2, 3},
		"TOKEN": set(),
		`^(?-s:KEY.STAGE)$`: set(),
		`^(?s:KEY.STAGE)$`: {2},
	}
	found := settings.named(expression) with input as _keys
	found == places
}

test_named_finds_the_words_of_a_name_in_capitals[expression] if {
	some expression, places in {
		"^hub_Token$": {0},
		"^HF_Token_Path$": {1},
		"^API_KEY$": {2},
		"^hubToken$": {0},
		"^API_K_EY$": set(),
		"_": {0, 1, 2},
	}
	found := settings.named(expression) with input as _named(["hubToken", "HFTokenPath", "API_KEY", "KEY"])
	found == places
}

test_is_any_named_compares_each_line[expression] if {
	some expression, expected in {
		"KEY": true,
		"^KEY": true,
		"KEY$": true,
		`\AKEY\z`: true,
		`\AAPI_Token`: true,
		"(?-m)^KEY$": true,
		"^API_Token$": true,
		"^KEY_API$": false,
		`\AEPOCHS\z`: false,
		"TOKENS": false,
	}
	found := {true | settings.is_any_named(expression, "API_KEY\nKEY\nAPIToken")}
	found == {true | expected}
}

test_nothing_is_named_without_settings if settings.named("") == set() with input as _named([])

test_long_names_of_many_are_cut if {
	long := concat("", ["API_KEY_", concat("", ["x" | some _ in numbers.range(1, 500)]), "_TOKEN"])
	few := testing.input_with({"hyperparameters": [], "environment": [_setting(1, long)]})
	settings.names == [concat("", ["1", long])] with input as few
	many := testing.input_with({
		"hyperparameters": [],
		"environment": [_setting(n, long) | some n in numbers.range(1, 60)],
	})
	names := settings.names with input as many
	count(names) == 60
	every name in names {
		count(name) == 257
		regex.match(`(?m)^[0-9]+API_KEY_x+$`, name)
		endswith(name, "x_TOKEN")
	}
}

test_names_are_cut_from_twenty_thousand_characters_on if {
	long := _repeated("a", 256)
	cut := _repeated("b", 257)
	others := [_repeated("c", 100) | some _ in numbers.range(1, 194)]
	enough := array.concat([long, cut, _repeated("d", 87)], others)
	whole := settings.names with input as _named(enough)
	whole == enough
	names := settings.names with input as _named(array.concat(enough, ["e"]))
	names == array.flatten([
		long,
		concat("\n", [_repeated("b", 128), _repeated("b", 128)]),
		_repeated("d", 87),
		others,
		"e",
	])
}

_repeated(letter, count) := concat("", [letter | some _ in numbers.range(1, count)])

test_short_names_of_many_are_whole if {
	many := testing.input_with({
		"hyperparameters": [],
		"environment": [_setting(n, "LEARNING_RATE") | some n in numbers.range(1, 2000)],
	})
	names := settings.names with input as many
	names[1999] == "2000LEARNING_RATE"
}

_setting(number, name) := {
	"slot": "Environment",
	"name": concat("", [format_int(number, 10), name]),
	"value": "1",
}

_set_by_texts := settings.assignments([" --a=1", "--b.c  x y", "(d_e='f'", "--bxc z", "a=2"])

test_names_of_assignments[[expression, most]] if {
	some [expression, most, expected] in [
		["^a|e$", 9, ["a", "d_e", "a"]],
		["a", 1, ["a"]],
		["f|x y", 9, []],
		[`\Aa|e\z`, 9, ["a", "d_e", "a"]],
		[`\Aa`, 1, ["a"]],
	]
	settings.assigned_names(_set_by_texts, expression, most) == expected
}

test_values_of_assignments[names] if {
	some [names, expected] in [
		[[], set()],
		[["a"], {["a", "1"], ["a", "2"]}],
		[["b.c", "d_e"], {["b.c", "x y"], ["d_e", "'f'"]}],
		[["c"], set()],
	]
	settings.assigned_values(_set_by_texts, names) == expected
}
