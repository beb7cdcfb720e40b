"""Instances, network, settings and command of a job."""

from __future__ import annotations

from typing import Any

import pytest

from guard.document import Command, Instance, Setting, Vpc
from guard.extract import extract
from guard.extract.facts import Facts
from guard.extract.parts import ranges
from guard.resources import JOB_DEFINITIONS, MODEL, MODEL_PACKAGE, Resource

M = Resource(MODEL.id, "m")
D = Resource(JOB_DEFINITIONS["ModelQuality"].id, "d")
VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
IN_VPC = Vpc(subnets=("subnet-1",), security_groups=("sg-1",))


def facts(kind: str, description: Any, known: Any = None) -> Facts:
    return extract(kind, description, "job-1", known or {})


@pytest.mark.parametrize(
    ("created_by", "who"),
    [
        ({"IamIdentity": {"Arn": "arn:role"}, "UserProfileArn": "arn:profile"}, "arn:role"),
        ({"UserProfileArn": "arn:profile"}, "arn:profile"),
        ({}, None),
    ],
    ids=["with an identity", "in a studio", "unknown"],
)
def test_the_creator_of_a_model_package_is_read(created_by: dict[str, Any], who: str | None) -> None:
    model = {"PrimaryContainer": {"ModelPackageName": "p"}}
    package = {"InferenceSpecification": {"Containers": [{"Image": "a:1"}]}, "CreatedBy": created_by}
    found = facts("transform", {"ModelName": "m"}, {M: model, Resource(MODEL_PACKAGE.id, "p"): package})
    assert [model.created_by for model in found.models] == [None, who]


SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 1024}}
ML5 = Instance(type="ml.m5.xlarge", count=2)
G5 = Instance(type="ml.g5.xlarge", count=1)


def written(instance: Instance) -> dict[str, Any]:
    return {"InstanceType": instance.type, "InstanceCount": instance.count}


def one_of(path: str, instance: Instance) -> Instance:
    return instance.model_copy(update={"one_of": path})


def tuning_with(field: str, config: Any) -> dict[str, Any]:
    return {"TrainingJobDefinition": {field: config}}


@pytest.mark.parametrize(
    ("kind", "description", "instances"),
    [
        pytest.param("training", {"ResourceConfig": written(ML5)}, [ML5], id="training"),
        pytest.param(
            "training", {"ResourceConfig": {"InstanceGroups": [written(ML5), written(G5)]}}, [ML5, G5], id="groups"
        ),
        pytest.param(
            "training",
            {"ResourceConfig": {**written(ML5), "InstancePreferences": [written(G5)]}},
            [ML5, one_of("ResourceConfig.InstancePreferences", G5)],
            id="preferences beside a type",
        ),
        pytest.param(
            "training",
            {"ResourceConfig": {"InstancePreferences": [written(ML5), written(G5)], "SelectedInstanceType": ML5.type}},
            [one_of("ResourceConfig.InstancePreferences", each) for each in (ML5, G5)],
            id="selected preference",
        ),
        pytest.param(
            "training",
            {
                "ResourceConfig": {
                    "InstancePreferences": [written(ML5)],
                    "SelectedInstanceType": "x",
                    "SelectedInstanceCount": 1,
                }
            },
            [one_of("ResourceConfig.InstancePreferences", each) for each in (ML5, Instance(type="x", count=1))],
            id="selected type that was not preferred",
        ),
        pytest.param(
            "training",
            {"ResourceConfig": {"InstanceCount": 3, "InstancePreferences": [{"InstanceType": "x"}]}},
            [Instance(type="x", count=3, one_of="ResourceConfig.InstancePreferences")],
            id="preferences with one count for all",
        ),
        pytest.param(
            "training",
            {
                "ResourceConfig": {
                    "InstanceCount": 3,
                    "InstancePreferences": [{"InstanceType": "x", "InstanceCount": 2}],
                }
            },
            [Instance(type="x", count=2, one_of="ResourceConfig.InstancePreferences")],
            id="preference with a count of its own",
        ),
        pytest.param(
            "training", {"ResourceConfig": {"VolumeSizeInGB": 1}}, [Instance(type=None, count=None)], id="unknown"
        ),
        pytest.param("training", {}, [], id="none"),
        pytest.param(
            "training",
            {"ResourceConfig": written(ML5), "DebugRuleConfigurations": [{"InstanceType": "ml.t3.medium"}, {}]},
            [ML5, Instance(type="ml.t3.medium", count=1)],
            id="rule",
        ),
        pytest.param(
            "hyperparameter-tuning",
            tuning_with("HyperParameterTuningResourceConfig", {"InstanceConfigs": [written(ML5), written(G5)]}),
            [
                one_of("TrainingJobDefinition.HyperParameterTuningResourceConfig.InstanceConfigs", each)
                for each in (ML5, G5)
            ],
            id="tuning configurations",
        ),
        pytest.param(
            "hyperparameter-tuning",
            tuning_with("HyperParameterTuningResourceConfig", written(ML5)),
            [ML5],
            id="tuning configuration",
        ),
        pytest.param("processing", {"ProcessingResources": {"ClusterConfig": written(ML5)}}, [ML5], id="processing"),
        pytest.param(
            "processing",
            {
                "ProcessingResources": {
                    "ClusterConfig": {
                        "InstancePreferences": [written(ML5)],
                        "SelectedInstanceType": G5.type,
                        "SelectedInstanceCount": 1,
                    }
                }
            },
            [one_of("ProcessingResources.ClusterConfig.InstancePreferences", each) for each in (ML5, G5)],
            id="processing preferences",
        ),
        pytest.param("transform", {"ModelName": "m", "TransformResources": written(ML5)}, [ML5], id="transform"),
        pytest.param(
            "optimization",
            {"DeploymentInstanceType": "ml.g5.xlarge", "MaxInstanceCount": 1},
            [G5],
            id="optimization",
        ),
        pytest.param(
            "inference-recommendations",
            {"InputConfig": {"EndpointConfigurations": [{"InstanceType": "ml.g5.xlarge"}, {}, SERVERLESS]}},
            [Instance(type="ml.g5.xlarge", count=None), Instance(type=None, count=None)],
            id="recommendations, a serverless one names none",
        ),
    ],
)
def test_instances(kind, description, instances) -> None:
    assert list(facts(kind, description).instances) == instances


@pytest.mark.parametrize(
    ("kind", "description", "known", "network"),
    [
        pytest.param("training", {}, {}, (False, None, False), id="training defaults"),
        pytest.param(
            "training",
            {"EnableNetworkIsolation": True, "VpcConfig": VPC, "EnableInterContainerTrafficEncryption": True},
            {},
            (True, IN_VPC, True),
            id="training",
        ),
        pytest.param("training", {"EnableNetworkIsolation": "yes"}, {}, (None, None, False), id="a text is unknown"),
        pytest.param(
            "processing",
            {"NetworkConfig": {"EnableNetworkIsolation": True, "VpcConfig": VPC}},
            {},
            (True, IN_VPC, False),
            id="processing",
        ),
        pytest.param(
            "transform",
            {"ModelName": "m"},
            {M: {"PrimaryContainer": {"Image": "a"}, "EnableNetworkIsolation": True, "VpcConfig": VPC}},
            (True, IN_VPC, None),
            id="transform has its model's",
        ),
        pytest.param("transform", {"ModelName": "m"}, {}, (None, None, None), id="transform of an unknown model"),
        pytest.param(
            "automl",
            {"SecurityConfig": {"VpcConfig": VPC, "EnableInterContainerTrafficEncryption": True}},
            {},
            (None, IN_VPC, True),
            id="AutoML",
        ),
        pytest.param(
            "automl",
            {"AutoMLJobConfig": {"SecurityConfig": {"VpcConfig": VPC}}},
            {},
            (None, IN_VPC, False),
            id="AutoML, first version",
        ),
        pytest.param(
            "labeling",
            {"LabelingJobAlgorithmsConfig": {"LabelingJobResourceConfig": {"VpcConfig": VPC}}},
            {},
            (None, IN_VPC, None),
            id="labeling",
        ),
        pytest.param("compilation", {"VpcConfig": VPC}, {}, (None, IN_VPC, None), id="compilation"),
        pytest.param("optimization", {"VpcConfig": VPC}, {}, (None, IN_VPC, None), id="optimization"),
        pytest.param(
            "inference-recommendations",
            {"InputConfig": {"ModelName": "m", "VpcConfig": VPC}},
            {M: {"PrimaryContainer": {"Image": "a"}}},
            (False, IN_VPC, None),
            id="recommendations",
        ),
        pytest.param(
            "monitoring-schedule",
            {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "d", "MonitoringType": "ModelQuality"}},
            {D: {"NetworkConfig": {"EnableNetworkIsolation": True}}},
            (True, None, False),
            id="monitoring has its definition's",
        ),
    ],
)
def test_network(kind, description, known, network) -> None:
    found = facts(kind, description, known)
    assert (found.isolated, found.vpc, found.encrypted_traffic) == network


def test_settings_of_every_container_are_kept() -> None:
    model = {
        "Containers": [{"Image": "a", "Environment": {"X": "1"}}, {"Image": "b", "Environment": {"X": "2", "Y": None}}]
    }
    found = facts("transform", {"ModelName": "m", "Environment": {"X": "3"}}, {M: model}).environment
    assert [(one.slot, one.name, one.value) for one in found] == [
        ("Environment", "X", "3"),
        ("Containers[0].Environment", "X", "1"),
        ("Containers[1].Environment", "X", "2"),
        ("Containers[1].Environment", "Y", ""),
    ]


def test_hyperparameters_of_every_definition_are_kept() -> None:
    definitions = [{"StaticHyperParameters": {"a": "1"}}, {"StaticHyperParameters": {"a": 2}}]
    found = facts("hyperparameter-tuning", {"TrainingJobDefinitions": definitions}).hyperparameters
    assert [(one.slot, one.value) for one in found] == [
        ("TrainingJobDefinitions[0].StaticHyperParameters", "1"),
        ("TrainingJobDefinitions[1].StaticHyperParameters", "2"),
    ]


def test_the_environment_of_an_optimization_and_its_steps() -> None:
    step = {"ModelQuantizationConfig": {"OverrideEnvironment": {"b": "2"}}}
    description = {"OptimizationEnvironment": {"a": "1"}, "OptimizationConfigs": [step]}
    found = facts("optimization", description).environment
    assert [(one.slot, one.name) for one in found] == [
        ("OptimizationEnvironment", "a"),
        ("OptimizationConfigs[0].ModelQuantizationConfig.OverrideEnvironment", "b"),
    ]


@pytest.mark.parametrize(
    ("kind", "description"),
    [
        ("training", {"AlgorithmSpecification": {"ContainerEntrypoint": ["sh"], "ContainerArguments": ["-c", "x"]}}),
        ("processing", {"AppSpecification": {"ContainerEntrypoint": ["sh"], "ContainerArguments": ["-c", "x"]}}),
    ],
)
def test_command(kind, description) -> None:
    assert facts(kind, description).command == Command(entrypoint=("sh",), arguments=("-c", "x"))


def test_an_empty_entrypoint_is_the_images_own() -> None:
    description = {"AppSpecification": {"ContainerEntrypoint": [], "ContainerArguments": None}}
    assert facts("processing", description).command == Command(entrypoint=None, arguments=None)


@pytest.mark.parametrize(
    ("kind", "description", "known", "roles"),
    [
        ("training", {"RoleArn": "r"}, {}, ("r",)),
        ("transform", {"ModelName": "m"}, {M: {"ExecutionRoleArn": "r", "PrimaryContainer": {"Image": "a"}}}, ("r",)),
        (
            "hyperparameter-tuning",
            {"TrainingJobDefinitions": [{"RoleArn": "r"}, {"RoleArn": "s"}]},
            {},
            ("r", "s"),
        ),
        (
            "automl",
            {"RoleArn": "r", "AutoMLComputeConfig": {"EmrServerlessComputeConfig": {"ExecutionRoleARN": "s"}}},
            {},
            ("r", "s"),
        ),
        (
            "inference-recommendations",
            {"RoleArn": "r", "InputConfig": {"ModelName": "m"}},
            {M: {"ExecutionRoleArn": "s", "PrimaryContainer": {"Image": "a"}}},
            ("r", "s"),
        ),
    ],
)
def test_roles(kind, description, known, roles) -> None:
    assert facts(kind, description, known).roles == roles


@pytest.mark.parametrize(
    ("kind", "description", "seconds"),
    [
        ("training", {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}, 60),
        ("training", {"StoppingCondition": {"MaxRuntimeInSeconds": 60.0}}, 60),
        ("training", {"StoppingCondition": {"MaxRuntimeInSeconds": "60"}}, None),
        ("training", {"StoppingCondition": {"MaxRuntimeInSeconds": True}}, None),
        ("processing", {"StoppingCondition": {"MaxRuntimeInSeconds": 60}}, 60),
        ("transform", {"ModelName": "m"}, None),
        ("inference-recommendations", {"InputConfig": {"JobDurationInSeconds": 60}}, 60),
        (
            "automl",
            {"AutoMLProblemTypeConfig": {"X": {"CompletionCriteria": {"MaxAutoMLJobRuntimeInSeconds": 60}}}},
            60,
        ),
        ("automl", {"AutoMLJobConfig": {"CompletionCriteria": {"MaxAutoMLJobRuntimeInSeconds": 60}}}, 60),
    ],
)
def test_max_runtime(kind, description, seconds) -> None:
    assert facts(kind, description).max_runtime_seconds == seconds


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ({"ResourceConfig": {"KeepAlivePeriodInSeconds": 60}}, 60),
        ({"ResourceConfig": {"InstanceCount": 1}}, 0),
        ({"ResourceConfig": {"KeepAlivePeriodInSeconds": "long"}}, None),
        ({}, None),
        ({"HyperParameterTuningResourceConfig": {"InstanceCount": 1}}, 0),
    ],
)
def test_keep_alive(config, seconds) -> None:
    assert facts("training", config).keep_alive_seconds == seconds


@pytest.mark.parametrize(
    ("kind", "config", "debug"),
    [
        ("training", {"RemoteDebugConfig": {"EnableRemoteDebug": True}}, True),
        ("training", {}, False),
        ("training", {"RemoteDebugConfig": {"EnableRemoteDebug": "on"}}, None),
        ("processing", {}, None),
        ("hyperparameter-tuning", {}, None),
    ],
)
def test_remote_debug(kind, config, debug) -> None:
    assert facts(kind, config).remote_debug == debug


def test_ranges_under_an_invalid_key_do_not_hide_others() -> None:
    node = {7: [{"Name": "a", "Values": ["1"]}], "Categorical": [{"Name": "b", "Values": ["2"]}]}
    assert ranges(node, "Ranges", "Values") == (Setting(slot="Ranges.Categorical[0].Values", name="b", value="2"),)
