"""The input document: what a policy sees of one job, and the only contract between Python and Rego.

`schemas/input.json` is generated from these models (`make schema`). A field without a known value is null, never
left out and never guessed, so that a policy can handle "unknown". A job with several definitions (hyperparameter tuning, the
containers of a model) is one merged view: a list holds the facts of all definitions, and a single value is the least restrictive
one (isolated only if all are isolated, the longest runtime), so that a merge never hides what a rule would deny.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

SourceType = Literal["state-change", "api-call", "sweep", "check", "replay"]
ImageErrorCode = Literal["missing", "unparseable", "access-denied", "not-found", "managed", "failed", "unavailable"]
OriginType = Literal["job", "algorithm", "model", "model-package", "job-definition"]
InputType = Literal["s3", "file-system", "dataset", "athena", "redshift", "other"]
# What a job can have. A rule that needs a part isn't evaluated for a job that can't have it, since the job's owner could not
# comply with the rule. `policies/guard/lib/parts` uses the same names.
Part = Literal[
    "image",  # the job names its own image; otherwise SageMaker picks the image
    "instances",  # the job names its instance types
    "instance-count",  # the job sets the number of instances of each type
    "volumes",  # the job can set a key for its storage volumes
    "vpc",
    "network-isolation",
    "traffic-encryption",
    "max-runtime",
    "spot",
    "warm-pool",
    "remote-debug",
]


class Model(BaseModel):
    """A frozen value without extra fields."""

    # The input of a failed validation may hold secrets, and errors are logged.
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_serialization_defaults_required=True
    )


class Source(Model):
    """What made the guard examine the job."""

    type: SourceType
    id: Annotated[str, Field(description="Id of the EventBridge event, or of the run of a sweep or command.")]
    time: Annotated[
        AwareDatetime,
        Field(
            description="Time of the event, or start of the sweep: expiry dates are compared with it, not with the current time."
        ),
    ]


class Job(Model):
    """The job itself."""

    kind: Annotated[
        str, Field(description="training, processing, transform, hyperparameter-tuning, ...: the ids in guard/jobs.py.")
    ]
    name: str
    arn: str
    status: str
    secondary_status: str | None
    parent_arn: Annotated[
        str | None, Field(description="ARN of the job that started this one: a tuning, training or AutoML job.")
    ]
    created_at: AwareDatetime | None
    role_arn: Annotated[str | None, Field(description="The execution role, if the job has exactly one; see role_arns.")]
    role_arns: Annotated[
        tuple[str, ...],
        Field(
            description="Every role that the job or a resource it uses names, sorted; the job's owner can add roles."
        ),
    ]
    tags: Annotated[
        dict[str, str] | None,
        Field(description="Null when the tags could not be read. Job owners set these, so they prove little."),
    ]
    parts: Annotated[
        tuple[Part, ...] | None,
        Field(description="What this job can have, by its kind and variant, sorted; null in older documents."),
    ] = None
    parent_arns: Annotated[
        tuple[str, ...] | None,
        Field(description="ARNs of all jobs that started this one or that it belongs to; parent_arn is the first."),
    ] = None
    pipeline_execution_arn: Annotated[
        str | None,
        Field(
            description="The pipeline execution that the job is a step of, from the tag that SageMaker sets. Tags prove little."
        ),
    ] = None
    execution_role_arns: Annotated[
        tuple[str, ...] | None,
        Field(
            description="The roles that the job runs as, sorted: its own role, or else those of its definitions or its model. "
            "Null in older documents."
        ),
    ] = None
    role_arns_omitted: Annotated[
        int | None, Field(description="How many roles are left out of role_arns for lack of room; null when none is.")
    ] = None


class Origin(Model):
    """The resource whose description names an image."""

    type: OriginType
    name: Annotated[str, Field(description="Name or ARN of the resource.")]


class ImageError(Model):
    """Why an image is unknown."""

    code: ImageErrorCode
    message: str


class Image(Model):
    """One container image that the job runs, or a field that should name one but doesn't (`error` set)."""

    slot: Annotated[
        str,
        Field(description="Path of the field in the origin's description, e.g. AlgorithmSpecification.TrainingImage."),
    ]
    raw: Annotated[
        str | None, Field(description="The reference exactly as SageMaker gives it; null when there is none.")
    ]
    registry: Annotated[
        str | None, Field(description="Registry host in lower case, with port; null when the reference names none.")
    ]
    account: Annotated[str | None, Field(description="AWS account of an ECR registry.")]
    region: Annotated[str | None, Field(description="AWS region of an ECR registry.")]
    repository: str | None
    tag: Annotated[
        str | None,
        Field(description="Null when the reference has no tag: without a digest, it then refers to `latest`."),
    ]
    digest: Annotated[str | None, Field(description="`sha256:` or `sha512:` and its hex digits, in lower case.")]
    origin: Origin
    error: ImageError | None
    access_mode: Annotated[
        str | None,
        Field(description="Platform, or Vpc for a private registry; null where the image has no such setting."),
    ] = None
    credentials_provider: Annotated[
        str | None, Field(description="ARN of the Lambda function that provides the private registry's credentials.")
    ] = None
    claimed_digest: Annotated[
        str | None,
        Field(
            description="Digest that an algorithm or a model package states for a reference without one. Its creator may have "
            "written it, so it doesn't prove what runs."
        ),
    ] = None


class Instance(Model):
    """A group of identical instances."""

    type: str | None
    count: int | None
    volume_size_gb: Annotated[
        int | None,
        Field(description="Volume size of a group that has its own; for other groups see storage.volumes."),
    ] = None
    one_of: Annotated[
        str | None,
        Field(
            description="The list from which SageMaker picks one group for a job; null for a group that always runs."
        ),
    ] = None
    definition: Annotated[
        str | None,
        Field(description="For a tuning job with several definitions: the one whose training jobs have the group."),
    ] = None


class Compute(Model):
    """What the job runs on."""

    instances: tuple[Instance, ...]
    max_runtime_seconds: Annotated[int | None, Field(description="Null when the job sets no limit.")]
    spot: bool | None
    keep_alive_seconds: Annotated[
        int | None, Field(description="How long the warm pool is kept after the job; 0 without a warm pool.")
    ]
    max_retries: Annotated[
        int | None,
        Field(
            description="How often SageMaker restarts the job after a failure; null when the job has no retry strategy."
        ),
    ] = None
    max_wait_seconds: Annotated[
        int | None, Field(description="Longest time of a spot job, waiting included; null when there is no limit.")
    ] = None
    max_pending_seconds: Annotated[
        int | None, Field(description="Longest time that the job waits for capacity; null when there is no limit.")
    ] = None
    max_jobs: Annotated[
        int | None,
        Field(
            description="How many jobs this one may start: trainings of a tuning job, candidates of an AutoML job, tests"
            " of an inference recommendations job; null without a limit, and for kinds that start none."
        ),
    ] = None
    max_parallel_jobs: Annotated[
        int | None, Field(description="How many of the jobs that this one starts may run at the same time.")
    ] = None
    max_job_runtime_seconds: Annotated[
        int | None, Field(description="Longest runtime of each training job that an AutoML job starts.")
    ] = None
    max_total_runtime_seconds: Annotated[
        int | None,
        Field(description="Longest runtime of a whole tuning job; max_runtime_seconds is that of each training job."),
    ] = None
    training_plans: Annotated[
        tuple[str, ...] | None,
        Field(description="ARNs of the training plans and capacity reservations that the instances are taken from."),
    ] = None


class Vpc(Model):
    """The customer VPC that the job runs in."""

    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


class Network(Model):
    """What the job can reach over the network and how its traffic is protected; null where the job kind has no such setting."""

    isolated: bool | None
    vpc: Annotated[
        Vpc | None, Field(description="Null when the job, or one of its definitions, runs outside a customer VPC.")
    ]
    encrypted_traffic: bool | None


class Query(Model):
    """The query whose result is the input."""

    statement: str | None
    catalog: str | None
    database: str | None
    work_group: Annotated[str | None, Field(description="Work group of Athena.")]
    cluster: Annotated[str | None, Field(description="Id of the Redshift cluster.")]
    user: Annotated[str | None, Field(description="The Redshift cluster's user that runs the query.")]
    role_arn: Annotated[
        str | None, Field(description="The role that the Redshift cluster assumes; also in job.role_arns.")
    ]


class StorageInput(Model):
    """Where data, code or a model comes from."""

    name: str
    type: InputType
    uri: Annotated[str | None, Field(description="S3 URI, ARN or file system id as SageMaker gives it.")]
    bucket: Annotated[str | None, Field(description="Bucket, or access point ARN, of an S3 URI.")]
    account: Annotated[str | None, Field(description="AWS account, where an ARN names it.")]
    local_path: Annotated[str | None, Field(description="Where it is mounted; null where SageMaker chooses the path.")]
    input_mode: Annotated[
        str | None, Field(description="File, Pipe or FastFile; for a channel without a mode, the algorithm's mode.")
    ] = None
    data_type: Annotated[
        str | None, Field(description="S3Prefix, S3Object, ManifestFile, AugmentedManifestFile or Converse.")
    ] = None
    path: Annotated[str | None, Field(description="Directory of a file system.")] = None
    file_system_type: Annotated[str | None, Field(description="EFS or FSxLustre.")] = None
    access_mode: Annotated[str | None, Field(description="Of a file system: ro or rw.")] = None
    hub_content_arn: Annotated[
        str | None, Field(description="The hub content through which the data of a private hub is read.")
    ] = None
    eula_accepted: Annotated[
        bool | None, Field(description="ModelAccessConfig.AcceptEula; null where the input has no such setting.")
    ] = None
    query: Annotated[
        Query | None, Field(description="For Athena and Redshift inputs, whose uri is where the result is stored.")
    ] = None


class StorageOutput(Model):
    """Where results go."""

    name: str
    uri: str | None
    bucket: str | None
    account: str | None
    kms_key: str | None
    local_path: Annotated[str | None, Field(description="Directory of the container that is uploaded.")] = None


class Volume(Model):
    """A storage volume of the job's instances."""

    name: Annotated[str, Field(description="Path of the resource configuration that it belongs to.")]
    kms_key: str | None
    size_gb: Annotated[int | None, Field(description="Size on each instance; null where the kind has none.")] = None
    instance_types: Annotated[
        tuple[str, ...] | None,
        Field(
            description="Types of the instances that have the volume; null if some types are unknown, and in older documents."
        ),
    ] = None


class Storage(Model):
    """What the job reads and writes."""

    inputs: tuple[StorageInput, ...]
    outputs: tuple[StorageOutput, ...]
    volumes: tuple[Volume, ...]


class Command(Model):
    """The command that replaces the image's own; null where the image's own runs."""

    entrypoint: tuple[str, ...] | None
    arguments: tuple[str, ...] | None


class Setting(Model):
    """A hyperparameter or an environment variable; as a list, since several containers may set the same name."""

    slot: Annotated[
        str, Field(description="Path of the map that holds it, e.g. Environment or PrimaryContainer.Environment.")
    ]
    name: str
    value: str


class RemoteAccess(Model):
    """Ways into the running container."""

    debug: Annotated[
        bool | None, Field(description="RemoteDebugConfig.EnableRemoteDebug: a shell through Systems Manager.")
    ]


class FoundationModel(Model):
    """The model of the service, or of a hub, that the job trains, tunes or evaluates."""

    name: Annotated[str | None, Field(description="ARN of the hub content, or name of the model.")]
    eula_accepted: Annotated[bool | None, Field(description="AcceptEula; false when it isn't set.")]
    job_type: Annotated[str | None, Field(description="Of a serverless training job: FineTuning or Evaluation.")]
    technique: Annotated[
        str | None, Field(description="Of a serverless training job: how it customizes the model, e.g. SFT or DPO.")
    ]
    evaluation: Annotated[str | None, Field(description="Of a serverless evaluation: its evaluation type.")]
    evaluator_arn: Annotated[str | None, Field(description="ARN of the hub content that evaluates the model's output.")]


class ModelResource(Model):
    """A model or model package whose containers the job runs, from its description and tags."""

    origin: Origin
    approval_status: Annotated[
        str | None,
        Field(description="Of a package: Approved, Rejected or PendingManualApproval; null where it has no status."),
    ]
    group: Annotated[str | None, Field(description="Name of the package's group; null for an unversioned package.")]
    stage: Annotated[str | None, Field(description="The package's stage in its life cycle.")]
    stage_status: str | None
    product_ids: Annotated[tuple[str, ...], Field(description="AWS Marketplace products among its containers.")]
    created_by: Annotated[str | None, Field(description="ARN of the identity that created the package.")]
    tags: Annotated[dict[str, str] | None, Field(description="Null when the tags could not be read.")]


class Labeling(Model):
    """Who labels the data, and the Lambda functions that process it."""

    workteam_arn: Annotated[
        str | None,
        Field(description="The public work team's ARN is of another account and ends in public-crowd/default."),
    ]
    lambda_arns: Annotated[
        tuple[str, ...],
        Field(description="The functions that run before each task or consolidate annotations, sorted."),
    ]
    task_ui_arn: Annotated[str | None, Field(description="The task template of the service, where one is used.")]
    topic_arns: Annotated[
        tuple[str, ...], Field(description="The SNS topics that data comes from and goes to, sorted.")
    ]
    content_classifiers: Annotated[
        tuple[str, ...],
        Field(description="What the owner declares about the data, e.g. FreeOfPersonallyIdentifiableInformation."),
    ]
    max_concurrent_tasks: int | None


class Deployment(Model):
    """How an AutoML job deploys its best model."""

    endpoint_name: Annotated[str | None, Field(description="Null when the name is generated.")]
    generated_name: bool | None


class CompilationTarget(Model):
    """What a model is compiled for."""

    device: str | None
    os: str | None
    arch: str | None
    accelerator: str | None
    options: Annotated[str | None, Field(description="CompilerOptions, a JSON string.")]
    framework: str | None
    framework_version: str | None


class Experiment(Model):
    """The SageMaker experiment that the job reports to."""

    name: str | None
    trial: str | None
    run: str | None
    display_name: str | None


class Mlflow(Model):
    """The MLflow server or app that the job reports to."""

    arn: str | None
    experiment: str | None
    run: str | None


class Actor(Model):
    """Who made the API call, as CloudTrail recorded it."""

    type: str | None
    arn: str | None
    source_identity: str | None
    session_issuer_arn: str | None
    user_agent: str | None
    source_ip: str | None
    invoked_by: str | None


class DeniedImage(Model):
    """A deny-list entry given at deployment; has the shape of an entry of the bundle's list."""

    reason: str
    job_kinds: tuple[str, ...]


class DeniedPattern(DeniedImage):
    """A deny-list entry with wildcards given at deployment."""

    pattern: str


class DenyList(Model):
    """The deny-list entries of the deployment's parameters, in the document so that a replay decides exactly the same."""

    images: dict[str, DeniedImage]
    patterns: tuple[DeniedPattern, ...]


class Unavailable(Model):
    """An API call that was throttled or failed. It may only withhold findings, never add one."""

    operation: Annotated[str, Field(description="The API operation, e.g. DescribeModel.")]
    resource: Annotated[
        str | None, Field(description="Name or ARN of the requested resource; null for the job itself.")
    ]
    message: str
    fields: Annotated[
        tuple[str, ...],
        Field(
            description="Document fields that may be incomplete: a rule must not report that a fact is missing there."
        ),
    ]
    facts: Annotated[
        tuple[str, ...] | None,
        Field(
            description="Which facts of these fields may be missing, e.g. `images` or `network.vpc`; null in older documents,"
            " where any of them may be."
        ),
    ] = None


class Document(Model):
    """One job as a policy sees it.

    A new field has a default of null and changes nothing else, so that recorded documents stay readable; any other change
    raises `schema_version`.
    """

    schema_version: Literal[1] = 1
    source: Source
    account: str
    region: str
    partition: str
    job: Job
    images: tuple[Image, ...]
    compute: Compute
    network: Network
    storage: Storage
    command: Command
    hyperparameters: tuple[Setting, ...]
    environment: tuple[Setting, ...]
    remote_access: RemoteAccess
    actor: Annotated[
        Actor | None,
        Field(
            description="Who made the API call, from CloudTrail; null on a state change, which doesn't name who caused it."
        ),
    ]
    deny_list: DenyList
    unavailable: Annotated[
        tuple[Unavailable, ...] | None,
        Field(
            description="API calls that failed temporarily; null when each call succeeded or was refused permanently."
        ),
    ] = None
    base_model: Annotated[
        FoundationModel | None, Field(description="Null when the job names no model of the service or of a hub.")
    ] = None
    models: Annotated[
        tuple[ModelResource, ...] | None,
        Field(
            description="The models and model packages behind the job's images; those that can't be described are missing."
        ),
    ] = None
    labeling: Annotated[Labeling | None, Field(description="Of labeling jobs.")] = None
    deployment: Annotated[
        Deployment | None, Field(description="Of AutoML jobs; null when the best model isn't deployed.")
    ] = None
    endpoints: Annotated[
        tuple[str, ...] | None,
        Field(description="Names or ARNs of the endpoints that the job watches, measures or deploys to."),
    ] = None
    package_group: Annotated[
        str | None, Field(description="Name or ARN of the model package group in which the job registers its result.")
    ] = None
    warm_start_jobs: Annotated[
        tuple[str, ...] | None,
        Field(description="Names of the earlier tuning jobs whose results this one starts from."),
    ] = None
    compilation: Annotated[CompilationTarget | None, Field(description="Of compilation jobs.")] = None
    experiment: Annotated[Experiment | None, Field(description="Null when the job reports to no experiment.")] = None
    mlflow: Annotated[Mlflow | None, Field(description="Null when the job reports to no MLflow server.")] = None
    settings_omitted: Annotated[
        int | None,
        Field(
            description="How many hyperparameters and environment variables are left out, the longest ones, because the total"
            " of a job and its models is limited to 420 KB of text; null when none is."
        ),
    ] = None
    entries_omitted: Annotated[
        int | None,
        Field(
            description="How many images, inputs, outputs and other list entries are left out, because a list is limited to"
            " 200 entries; null when none is."
        ),
    ] = None
