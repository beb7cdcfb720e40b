package guard.lib.checkpoints_test

import data.guard.lib.checkpoints

_output(name, local_path) := {"name": name, "bucket": "b", "local_path": local_path}

test_checkpoints_of_every_definition if {
	outputs := [
		_output("CheckpointConfig", "/ckpt"),
		_output("TrainingJobDefinition.CheckpointConfig", "/tuned"),
		_output("TrainingJobDefinitions[0].CheckpointConfig", "/first"),
	]
	checkpoints.restored(outputs) == {outputs[0], outputs[1], outputs[2]}
}

test_the_folder_where_none_is_named[value] if {
	some value in [null, 1]
	r := checkpoints.restored([_output("CheckpointConfig", value)])
	r == {_output("CheckpointConfig", "/opt/ml/checkpoints")}
}

test_other_outputs_are_only_written[name] if {
	some name in ["OutputDataConfig", "TensorBoardOutputConfig", "MyCheckpointConfig", "CheckpointConfig.x"]
	checkpoints.restored([_output(name, "/opt/ml/code")]) == set()
}
