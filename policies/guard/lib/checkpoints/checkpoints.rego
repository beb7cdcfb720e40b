# METADATA
# title: Checkpoints
# description: |
#   The folders that SageMaker fills from S3 before the container of a training job starts, so that the job can go on
#   where another one ended. The job's owner chooses the folder, anywhere in the image, and what lies in S3.
# related_resources:
#   - https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
#   - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CheckpointConfig.html
package guard.lib.checkpoints

import future.keywords.not

# METADATA
# description: Of a job's outputs those that are checkpoints, with the folder that SageMaker takes where none is named.
restored(outputs) := {object.union(output, {"local_path": folder}) |
	some output in outputs
	regex.match(`(?:^|\.)CheckpointConfig$`, output.name)
	folder := _folder(output)
}

_folder(output) := output.local_path if {
	is_string(output.local_path)
} else := "/opt/ml/checkpoints"
