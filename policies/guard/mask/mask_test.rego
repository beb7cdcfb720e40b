package guard.mask_test

import data.guard.mask
import data.guard.testing

_masks(document) := masks if {
	masks := mask.hidden with input as {"input": document, "result": {"decision": "allow", "findings": []}}
}

_replaced(path) := {"op": "upsert", "path": path, "value": "**MASKED**"}

_plain := testing.input_with({
	"environment": [],
	"hyperparameters": [],
	"command": {"entrypoint": null, "arguments": null},
	"storage": {"inputs": []},
})

test_nothing_of_a_job_without_values if _masks(_plain) == set()

test_values_of_every_setting_and_no_name if {
	document := object.union(_plain, {
		"environment": [
			{"slot": "Environment", "name": "TOKEN", "value": "s3cret"},
			{"slot": "Environment", "name": "STAGE", "value": "dev"},
		],
		"hyperparameters": [{"slot": "HyperParameters", "name": "epochs", "value": "3"}],
	})
	_masks(document) == {
		_replaced("/input/environment/0/value"),
		_replaced("/input/environment/1/value"),
		_replaced("/input/hyperparameters/0/value"),
	}
}

test_statement_of_a_query_and_not_where_it_runs if {
	query := {"statement": "SELECT 1", "database": "people"}
	inputs := [{"query": null}, {"query": query}, {"query": object.union(query, {"statement": null})}]
	document := object.union(_plain, {"storage": {"inputs": inputs}})
	_masks(document) == {_replaced("/input/storage/inputs/1/query/statement")}
}

test_every_word_of_a_command if {
	document := object.union(_plain, {"command": {"entrypoint": ["bash", "-c"], "arguments": ["curl s3cret"]}})
	_masks(document) == {
		_replaced("/input/command/entrypoint/0"),
		_replaced("/input/command/entrypoint/1"),
		_replaced("/input/command/arguments/0"),
	}
}
