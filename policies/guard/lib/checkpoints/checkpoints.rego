# METADATA
# title: Checkpoints
# description: |
#   The folders that SageMaker fills from S3 before the container of a training job starts, so that the job can resume
#   where another job ended. The job's owner chooses the folder, which can be anywhere in the image, and the content in
#   S3.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CheckpointConfig.html
package guard.lib.checkpoints

import future.keywords.not

# METADATA
# description: The job's outputs that are checkpoints, with SageMaker's default folder if the job names none.
restored(outputs) := {object.union(output, {"local_path": folder}) |
	some output in outputs
	regex.match(`(?:^|\.)CheckpointConfig$`, output.name)
	folder := _folder(output)
}

_folder(output) := output.local_path if {
	is_string(output.local_path)
} else := "/opt/ml/checkpoints"
