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
	settings.lower_names == ["epochs", "stage", "stage"] with input as _document
	settings.values == ["10", "dev", ""] with input as _document
	settings.text == "10\ndev\n" with input as _document
}

test_no_settings_are_empty_lists if {
	document := testing.input_with({"hyperparameters": [], "environment": []})
	settings.names == [] with input as document
	settings.text == "" with input as document
}

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
