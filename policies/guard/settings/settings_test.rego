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
