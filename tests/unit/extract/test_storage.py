"""What a job reads and writes: inputs, outputs, and the account that a location names."""

from __future__ import annotations

import time
from typing import Any

import pytest

from guard.document import Instance, Query, Setting, StorageInput, StorageOutput, Volume
from guard.extract import extract
from guard.extract.facts import Facts
from guard.extract.locations import bucket_and_account
from guard.resources import JOB_DEFINITIONS, MODEL, Resource

M = Resource(MODEL.id, "m")
D = Resource(JOB_DEFINITIONS["ModelQuality"].id, "d")
ML5 = Instance(type="ml.m5.xlarge", count=2)
CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}


def facts(kind: str, description: Any, known: Any = None) -> Facts:
    return extract(kind, description, "job-1", known or {})


def s3_input(name: str, uri: str | None, **changes: Any) -> StorageInput:
    bucket = uri.split("/")[2] if uri and uri.startswith("s3://") else None
    return StorageInput(
        **{"name": name, "type": "s3", "uri": uri, "bucket": bucket, "account": None, "local_path": None} | changes
    )


NO_QUERY = Query(**dict.fromkeys(Query.model_fields))


def s3_output(name: str, uri: str, kms_key: str | None = None) -> StorageOutput:
    return StorageOutput(name=name, uri=uri, bucket=uri.split("/")[2], account=None, kms_key=kms_key)


@pytest.mark.parametrize(
    ("kind", "description", "inputs"),
    [
        pytest.param(
            "training",
            {
                "InputDataConfig": [
                    {"ChannelName": "s3", "DataSource": {"S3DataSource": {"S3Uri": "s3://data/x"}}},
                    {"ChannelName": "fs", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1"}}},
                    {
                        "ChannelName": "hub",
                        "DataSource": {"DatasetSource": {"DatasetArn": "arn:aws:s:r:111122223333:x"}},
                    },
                    {"DataSource": {"TelepathySource": {}}},
                ]
            },
            [
                s3_input("s3", "s3://data/x"),
                s3_input("fs", "fs-1", type="file-system"),
                s3_input("hub", "arn:aws:s:r:111122223333:x", type="dataset", account="111122223333"),
                s3_input("InputDataConfig[3]", None, type="other"),
            ],
            id="channels",
        ),
        pytest.param(
            "processing",
            {
                "ProcessingInputs": [
                    {"InputName": "code", "S3Input": {"S3Uri": "s3://code/x.py", "LocalPath": "/opt/code"}},
                    {"DatasetDefinition": {"LocalPath": "/a", "AthenaDatasetDefinition": {"OutputS3Uri": "s3://q/a"}}},
                    {"DatasetDefinition": {"RedshiftDatasetDefinition": {"OutputS3Uri": "s3://q/r"}}},
                    {"InputName": "odd"},
                ]
            },
            [
                s3_input("code", "s3://code/x.py", local_path="/opt/code"),
                s3_input("ProcessingInputs[1]", "s3://q/a", type="athena", local_path="/a", query=NO_QUERY),
                s3_input("ProcessingInputs[2]", "s3://q/r", type="redshift", query=NO_QUERY),
                s3_input("odd", None, type="other"),
            ],
            id="processing",
        ),
        pytest.param(
            "transform",
            {"TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://data/x"}}}},
            [s3_input("TransformInput", "s3://data/x")],
            id="transform",
        ),
        pytest.param(
            "optimization",
            {
                "ModelSource": {"S3": {"S3Uri": "s3://m/x"}, "SageMakerModel": {"ModelName": "m"}},
                "OptimizationConfigs": [
                    {"ModelSpeculativeDecodingConfig": {"TrainingDataSource": {"S3Uri": "s3://d/x"}}}
                ],
            },
            [
                s3_input("ModelSource.S3", "s3://m/x"),
                s3_input("ModelSource.SageMakerModel", "m", type="other"),
                s3_input("OptimizationConfigs[0].ModelSpeculativeDecodingConfig.TrainingDataSource", "s3://d/x"),
            ],
            id="optimization",
        ),
        pytest.param(
            "ai-recommendation",
            {
                "ModelSource": {"S3": {"S3Uri": "s3://m/x"}, "Later": {"Name": "m"}},
                "AdapterSource": {"S3Uris": [{"S3Uri": "s3://a/x"}], "ModelPackageArns": [{"ModelPackageArn": "p"}]},
            },
            [
                s3_input("ModelSource.S3", "s3://m/x"),
                s3_input("AdapterSource.S3Uris[0]", "s3://a/x"),
                s3_input("AdapterSource.ModelPackageArns[0]", "p", type="other"),
            ],
            id="AI recommendation",
        ),
        pytest.param(
            "ai-recommendation",
            {"ModelSource": {"S3": {"S3Uri": "s3://m/x"}}, "AdapterSource": {"SDK_UNKNOWN_MEMBER": {"name": "Later"}}},
            [s3_input("ModelSource.S3", "s3://m/x"), s3_input("AdapterSource", None, type="other")],
            id="AI recommendation, adapters from an unknown place",
        ),
        pytest.param(
            "ai-recommendation",
            {"ModelSource": {"S3": {"S3Uri": "s3://m/x"}}, "AdapterSource": {}},
            [s3_input("ModelSource.S3", "s3://m/x")],
            id="AI recommendation without adapters",
        ),
        pytest.param(
            "compilation",
            {"InputConfig": {"S3Uri": "s3://m/x"}, "ModelPackageVersionArn": "arn:aws:sagemaker:r:111122223333:p"},
            [
                s3_input("InputConfig", "s3://m/x"),
                s3_input(
                    "ModelPackageVersionArn",
                    "arn:aws:sagemaker:r:111122223333:p",
                    type="other",
                    account="111122223333",
                ),
            ],
            id="compilation",
        ),
        pytest.param(
            "automl",
            {
                "AutoMLJobInputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": "s3://d/x"}}}],
                "AutoMLProblemTypeConfig": {"TabularJobConfig": {"FeatureSpecificationS3Uri": "s3://f/x"}},
            },
            [
                s3_input("AutoMLJobInputDataConfig[0]", "s3://d/x"),
                s3_input("AutoMLProblemTypeConfig.TabularJobConfig.FeatureSpecificationS3Uri", "s3://f/x"),
            ],
            id="AutoML",
        ),
        pytest.param(
            "labeling",
            {
                "InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://d/x"}}},
                "LabelCategoryConfigS3Uri": "s3://c/x",
                "HumanTaskConfig": {"UiConfig": {"UiTemplateS3Uri": "s3://u/x"}},
            },
            [
                s3_input("InputConfig", "s3://d/x"),
                s3_input("LabelCategoryConfigS3Uri", "s3://c/x"),
                s3_input("HumanTaskConfig.UiConfig", "s3://u/x"),
            ],
            id="labeling",
        ),
        pytest.param(
            "labeling",
            {"InputConfig": {"DataSource": {"SnsDataSource": {"SnsTopicArn": "arn:aws:sns:r:111122223333:t"}}}},
            [s3_input("InputConfig", "arn:aws:sns:r:111122223333:t", type="other", account="111122223333")],
            id="labeling stream",
        ),
        pytest.param(
            "inference-recommendations",
            {"InputConfig": {"ContainerConfig": {"PayloadConfig": {"SamplePayloadUrl": "s3://p/x"}}}},
            [s3_input("InputConfig.ContainerConfig", "s3://p/x")],
            id="recommendations",
        ),
    ],
)
def test_inputs(kind, description, inputs) -> None:
    assert list(facts(kind, description).inputs) == inputs


def test_a_models_artifacts_are_inputs() -> None:
    container = {
        "Image": "a",
        "ModelDataUrl": "s3://m/1",
        "ModelDataSource": {"S3DataSource": {"S3Uri": "s3://m/2"}},
        "AdditionalModelDataSources": [{"S3DataSource": {"S3Uri": "s3://m/3"}}],
    }
    found = facts("transform", {"ModelName": "m"}, {M: {"Containers": [container]}}).inputs
    assert [(one.name, one.uri) for one in found[1:]] == [
        ("Containers[0].ModelDataUrl", "s3://m/1"),
        ("Containers[0].ModelDataSource", "s3://m/2"),
        ("Containers[0].AdditionalModelDataSources[0]", "s3://m/3"),
    ]


def test_what_monitoring_reads_and_writes() -> None:
    """Its code and baselines come from S3, too."""
    definition = {
        "ModelQualityJobInput": {
            "EndpointInput": {"EndpointName": "e", "LocalPath": "/e"},
            "GroundTruthS3Input": {"S3Uri": "s3://g/x"},
        },
        "ModelQualityAppSpecification": {"RecordPreprocessorSourceUri": "s3://r/x", "Environment": {"a": "1"}},
        "ModelQualityBaselineConfig": {"ConstraintsResource": {"S3Uri": "s3://c/x"}},
        "ModelQualityJobOutputConfig": {
            "KmsKeyId": "key",
            "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://o/x"}}],
        },
        "JobResources": {"ClusterConfig": {**CLUSTER, "VolumeKmsKeyId": "key"}},
    }
    config = {"MonitoringJobDefinitionName": "d", "MonitoringType": "ModelQuality"}
    found = facts("monitoring-schedule", {"MonitoringScheduleConfig": config}, {D: definition})
    assert [(one.name, one.uri) for one in found.inputs] == [
        ("ModelQualityJobInput", "e"),
        ("ModelQualityJobInput.GroundTruthS3Input", "s3://g/x"),
        ("ModelQualityAppSpecification.RecordPreprocessorSourceUri", "s3://r/x"),
        ("ModelQualityBaselineConfig.ConstraintsResource", "s3://c/x"),
    ]
    assert found.outputs == (s3_output("ModelQualityJobOutputConfig.MonitoringOutputs[0]", "s3://o/x", "key"),)
    volume = Volume(name="JobResources.ClusterConfig", kms_key="key", instance_types=("ml.m5.xlarge",))
    assert (found.instances, found.volumes) == ((ML5,), (volume,))
    assert found.environment == (Setting(slot="ModelQualityAppSpecification.Environment", name="a", value="1"),)


def test_the_inputs_of_a_schedules_own_definition() -> None:
    inline = {"MonitoringInputs": [{"BatchTransformInput": {"DataCapturedDestinationS3Uri": "s3://d/x"}}]}
    description = {"MonitoringScheduleConfig": {"MonitoringJobDefinition": inline}}
    (found,) = facts("monitoring-schedule", description).inputs
    assert found == s3_input("MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringInputs[0]", "s3://d/x")


@pytest.mark.parametrize(
    ("kind", "description", "outputs"),
    [
        pytest.param(
            "training",
            {
                "OutputDataConfig": {"S3OutputPath": "s3://o/x", "KmsKeyId": "key"},
                "CheckpointConfig": {"S3Uri": "s3://c/x"},
                "DebugHookConfig": {"S3OutputPath": "s3://d/x"},
                "ProfilerConfig": {"S3OutputPath": "s3://p/x"},
                "TensorBoardOutputConfig": {"S3OutputPath": "s3://t/x"},
                "ProfilerRuleConfigurations": [{"S3OutputPath": "s3://r/x"}],
            },
            [
                s3_output("OutputDataConfig", "s3://o/x", "key"),
                s3_output("CheckpointConfig", "s3://c/x"),
                s3_output("DebugHookConfig", "s3://d/x"),
                s3_output("ProfilerConfig", "s3://p/x"),
                s3_output("TensorBoardOutputConfig", "s3://t/x"),
                s3_output("ProfilerRuleConfigurations[0]", "s3://r/x"),
            ],
            id="training",
        ),
        pytest.param(
            "hyperparameter-tuning",
            {"TrainingJobDefinitions": [{"OutputDataConfig": {"S3OutputPath": "s3://o/x"}}]},
            [s3_output("TrainingJobDefinitions[0].OutputDataConfig", "s3://o/x")],
            id="tuning",
        ),
        pytest.param(
            "processing",
            {
                "ProcessingInputs": [{"DatasetDefinition": {"AthenaDatasetDefinition": {"OutputS3Uri": "s3://q/x"}}}],
                "ProcessingOutputConfig": {
                    "KmsKeyId": "key",
                    "Outputs": [
                        {"OutputName": "o", "S3Output": {"S3Uri": "s3://o/x"}},
                        {"FeatureStoreOutput": {"FeatureGroupName": "group"}},
                    ],
                },
            },
            [
                s3_output("o", "s3://o/x", "key"),
                StorageOutput(
                    name="ProcessingOutputConfig.Outputs[1]", uri="group", bucket=None, account=None, kms_key="key"
                ),
                s3_output("ProcessingInputs[0].DatasetDefinition.AthenaDatasetDefinition", "s3://q/x"),
            ],
            id="processing",
        ),
        pytest.param(
            "transform",
            {
                "TransformOutput": {"S3OutputPath": "s3://o/x", "KmsKeyId": "key"},
                "DataCaptureConfig": {"DestinationS3Uri": "s3://d/x"},
            },
            [s3_output("TransformOutput", "s3://o/x", "key"), s3_output("DataCaptureConfig", "s3://d/x")],
            id="transform",
        ),
        pytest.param(
            "optimization",
            {"OutputConfig": {"S3OutputLocation": "s3://o/x", "KmsKeyId": "key"}},
            [s3_output("OutputConfig", "s3://o/x", "key")],
            id="optimization",
        ),
        pytest.param(
            "compilation",
            {"OutputConfig": {"S3OutputLocation": "s3://o/x"}},
            [s3_output("OutputConfig", "s3://o/x")],
            id="compilation",
        ),
        pytest.param(
            "inference-recommendations",
            {"OutputConfig": {"CompiledOutputConfig": {"S3OutputUri": "s3://o/x"}, "KmsKeyId": "key"}},
            [s3_output("OutputConfig", "s3://o/x", "key")],
            id="recommendations",
        ),
        pytest.param("inference-recommendations", {"OutputConfig": {"KmsKeyId": "key"}}, [], id="nothing compiled"),
    ],
)
def test_outputs(kind, description, outputs) -> None:
    assert list(facts(kind, description).outputs) == outputs


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (None, (None, None)),
        ("", (None, None)),
        ("s3://bucket", ("bucket", None)),
        ("S3://bucket/key/with\nline", ("bucket", None)),
        ("s3://", (None, None)),
        ("s3:///key", (None, None)),
        (
            "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/point/key",
            ("arn:aws:s3:eu-west-1:111122223333:accesspoint/point", "111122223333"),
        ),
        (
            "s3://arn:aws:s3::111122223333:accesspoint/x.mrap/key",
            ("arn:aws:s3::111122223333:accesspoint/x.mrap", "111122223333"),
        ),
        ("https://bucket.s3.eu-west-1.amazonaws.com/key", ("bucket", None)),
        ("https://s3.amazonaws.com/bucket/key", ("bucket", None)),
        ("https://s3-eu-west-1.amazonaws.com/bucket/key", ("bucket", None)),
        ("https://bucket.s3.amazonaws.com.evil.io/key", (None, None)),
        ("https://bucket.s3.evil-amazonaws.com/key", (None, None)),
        ("https://bucket@other.s3.amazonaws.com/key", (None, None)),
        ("https://bucket.s3.eu-west-1.amazonaws.com:443/key", ("bucket", None)),
        ("https://s3.dualstack.cn-north-1.amazonaws.com.cn/bucket/key", ("bucket", None)),
        ("https://bucket.s3.eusc-de-east-1.amazonaws.eu/key", ("bucket", None)),
        ("https://s3.us-iso-east-1.c2s.ic.gov/bucket/key", ("bucket", None)),
        ("https://team.x.bucket.vpce-0a-1b.s3.eu-west-1.vpce.amazonaws.com/key", ("team.x", None)),
        ("https://bucket.vpce-0a-1b.s3.us-isob-east-1.vpce.sc2s.sgov.gov/team/key", ("team", None)),
        ("https://team.bucket.vpce-0a.s3.eu-west-1.amazonaws.com/key", ("team.bucket.vpce-0a", None)),
        ("arn:aws:sns:eu-west-1:111122223333:topic", (None, "111122223333")),
        ("fs-1234", (None, None)),
    ],
)
def test_bucket_and_account(uri, expected) -> None:
    assert bucket_and_account(uri) == expected


@pytest.mark.parametrize("part", [".s3", "a.s3.amazonaws.com.", "bucket.vpce-a.", "s3.a.vpce.", "s3."])
def test_an_address_of_many_hosts_takes_no_time(part: str) -> None:
    """A job has hundreds of addresses, and SageMaker takes any text behind `https://`."""
    begun = time.process_time()
    assert bucket_and_account(f"https://{part * (60_000 // len(part))}!") == (None, None)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("source", "places"),
    [
        pytest.param(
            {"S3DataSource": {"S3Uri": "s3://a/b"}, "FileSystemDataSource": {"FileSystemId": "fs-1"}},
            [("s3", "s3://a/b"), ("file-system", "fs-1")],
            id="two",
        ),
        pytest.param({"DatasetSource": {"DatasetArn": "arn:x"}}, [("dataset", "arn:x")], id="one"),
        pytest.param({"LakeSource": {"Uri": "x"}}, [("other", None)], id="one that nobody knows yet"),
        pytest.param({}, [("other", None)], id="none"),
    ],
)
def test_a_source_of_data_hides_no_other_beside_it(source, places) -> None:
    """The API's model doesn't mark them as a union, so only the service knows which one counts."""
    description = {"InputDataConfig": [{"ChannelName": "train", "DataSource": source}]}
    found = extract("training", description, "job", {}).inputs
    assert [(one.name, one.type, one.uri) for one in found] == [("train", kind, uri) for kind, uri in places]


def test_an_output_to_s3_hides_no_feature_group_beside_it() -> None:
    both = {"S3Output": {"S3Uri": "s3://a/b"}, "FeatureStoreOutput": {"FeatureGroupName": "churn"}}
    outputs = [{"OutputName": "out", **both}, {"OutputName": "group", "FeatureStoreOutput": both["FeatureStoreOutput"]}]
    found = extract("processing", {"ProcessingOutputConfig": {"Outputs": outputs}}, "job", {}).outputs
    assert [(one.name, one.uri) for one in found] == [("out", "s3://a/b"), ("out", "churn"), ("group", "churn")]
