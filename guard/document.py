"""The input document: what a policy sees of one job, and the only contract between Python and Rego.

`schemas/input.json` is generated from these models (`make schema`). A field without a known value is null, never
left out and never guessed, so that a policy can judge "unknown". A job with several definitions (hyperparameter tuning, the
containers of a model) shows one merged view: lists hold the facts of all of them, a single value is the weakest of them
(isolated only if all are isolated, the longest runtime), so that a merge never hides what a rule would deny.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

SourceType = Literal["state-change", "api-call", "sweep", "check", "replay"]
ImageErrorCode = Literal["missing", "unparseable", "access-denied", "not-found", "managed", "failed", "unavailable"]
OriginType = Literal["job", "algorithm", "model", "model-package", "job-definition"]
InputType = Literal["s3", "file-system", "dataset", "athena", "redshift", "other"]
# What a job can have, so that a rule about it can be satisfied; where a job has no such part, a rule that needs it is
# not evaluated. `policies/guard/lib/parts` knows the same words.
Part = Literal[
    "image",  # names an image of its own; the others run what the service picks
    "instances",  # names its instance types
    "instance-count",  # says how many instances of each type
    "volumes",  # takes a key for its storage volumes
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

    # What a failing validation was given may hold secrets, and errors are logged.
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, json_schema_serialization_defaults_required=True
    )


class Source(Model):
    """What made the guard look at the job."""

    type: SourceType
    id: Annotated[str, Field(description="Id of the EventBridge event, or of the run of a command.")]
    time: Annotated[
        AwareDatetime, Field(description="The decision's time: expiry dates compare with it, not with a clock.")
    ]


class Job(Model):
    """The job itself."""

    kind: Annotated[
        str, Field(description="training, processing, transform, hyperparameter-tuning, ... as in guard/jobs.py.")
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
        Field(description="Every role that the job and what it runs name, sorted; its owner may add some."),
    ]
    tags: Annotated[
        dict[str, str] | None,
        Field(description="Null when the tags could not be read. Job owners set these: a weak fact."),
    ]
    parts: Annotated[
        tuple[Part, ...] | None,
        Field(description="What this job can have, by its kind and variant, sorted; null in documents from before."),
    ] = None
    parent_arns: Annotated[
        tuple[str, ...] | None,
        Field(description="Every ARN of a job that started this one, or that it belongs to; parent_arn is the first."),
    ] = None
    pipeline_execution_arn: Annotated[
        str | None,
        Field(description="The pipeline execution whose step the job is, by the tag that SageMaker sets: a weak fact."),
    ] = None
    execution_role_arns: Annotated[
        tuple[str, ...] | None,
        Field(
            description="The roles that the job runs as, sorted: its own, or else those of its definitions or of its model. "
            "Null in documents from before."
        ),
    ] = None
    role_arns_omitted: Annotated[
        int | None, Field(description="How many more roles there were than role_arns has room for; null: none.")
    ] = None


class Origin(Model):
    """The resource whose description names an image."""

    type: OriginType
    name: Annotated[str, Field(description="Name or ARN of the resource.")]


class ImageError(Model):
    """Why an image is not known."""

    code: ImageErrorCode
    message: str


class Image(Model):
    """One container image that the job runs, or the place where one should be (`error` set)."""

    slot: Annotated[
        str,
        Field(description="Path of the field in the origin's description, as AlgorithmSpecification.TrainingImage."),
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
        Field(description="Null when the reference has none: then it means `latest`, unless there is a digest."),
    ]
    digest: Annotated[str | None, Field(description="`sha256:` or `sha512:` and its hex digits, in lower case.")]
    origin: Origin
    error: ImageError | None
    access_mode: Annotated[
        str | None,
        Field(description="Platform, or Vpc for a private registry; null where the image has no such setting."),
    ] = None
    credentials_provider: Annotated[
        str | None, Field(description="ARN of the Lambda function that gives the private registry's credentials.")
    ] = None
    claimed_digest: Annotated[
        str | None,
        Field(
            description="Digest that an algorithm or a model package has beside a reference without one: its maker may have "
            "written it, so that it is no proof of what runs."
        ),
    ] = None


class Instance(Model):
    """A group of like instances."""

    type: str | None
    count: int | None
    volume_size_gb: Annotated[
        int | None,
        Field(description="Where the group has a volume size of its own; that of the others is in storage.volumes."),
    ] = None
    one_of: Annotated[
        str | None,
        Field(description="The list of which SageMaker takes one group for a job; null for a group that runs anyway."),
    ] = None
    definition: Annotated[
        str | None,
        Field(description="Of a tuning job with several definitions, that of the training jobs which have the group."),
    ] = None


class Compute(Model):
    """What the job runs on."""

    instances: tuple[Instance, ...]
    max_runtime_seconds: Annotated[int | None, Field(description="Null when the job sets no limit.")]
    spot: bool | None
    keep_alive_seconds: Annotated[int | None, Field(description="How long a warm pool outlives the job; 0 for none.")]
    max_retries: Annotated[
        int | None,
        Field(
            description="How often SageMaker starts the job anew after a failure; null when it has no retry strategy."
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
    max_parallel_jobs: Annotated[int | None, Field(description="How many of them may run at the same time.")] = None
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
    """How the job can be reached and what it can reach; null where the job kind has no such setting."""

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
    work_group: Annotated[str | None, Field(description="Of Athena.")]
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
    local_path: Annotated[str | None, Field(description="Where it is mounted; null where SageMaker chooses the place.")]
    input_mode: Annotated[
        str | None, Field(description="File, Pipe or FastFile; for a channel without one, that of the algorithm.")
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
    query: Annotated[Query | None, Field(description="Of Athena and Redshift inputs, whose uri is the result.")] = None


class StorageOutput(Model):
    """Where results go."""

    name: str
    uri: str | None
    bucket: str | None
    account: str | None
    kms_key: str | None
    local_path: Annotated[str | None, Field(description="Where the container writes what is uploaded.")] = None


class Volume(Model):
    """A storage volume of the job's instances."""

    name: Annotated[str, Field(description="Path of the resource configuration that it belongs to.")]
    kms_key: str | None
    size_gb: Annotated[int | None, Field(description="Size on each instance; null where the kind has none.")] = None
    instance_types: Annotated[
        tuple[str, ...] | None,
        Field(
            description="The types of the instances that have it; null where not all are told, and in documents from before."
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
    """A hyperparameter or an environment variable; a list of these loses none when several containers set the same name."""

    slot: Annotated[
        str, Field(description="Path of the map that holds it, as Environment or PrimaryContainer.Environment.")
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
        str | None, Field(description="Of a serverless training job: how it customizes the model, as SFT or DPO.")
    ]
    evaluation: Annotated[str | None, Field(description="Of a serverless evaluation: what it evaluates with.")]
    evaluator_arn: Annotated[str | None, Field(description="The hub content that judges the model's answers.")]


class ModelResource(Model):
    """A model or model package whose containers the job runs, as its description and tags say."""

    origin: Origin
    approval_status: Annotated[
        str | None,
        Field(description="Of a package: Approved, Rejected or PendingManualApproval; null where it has no status."),
    ]
    group: Annotated[str | None, Field(description="Name of the package's group; null for an unversioned package.")]
    stage: Annotated[str | None, Field(description="The package's stage in its life cycle.")]
    stage_status: str | None
    product_ids: Annotated[tuple[str, ...], Field(description="AWS Marketplace products among its containers.")]
    created_by: Annotated[str | None, Field(description="ARN of the identity that made the package.")]
    tags: Annotated[dict[str, str] | None, Field(description="Null when the tags could not be read.")]


class Labeling(Model):
    """Who labels the data, and the Lambda functions that see it."""

    workteam_arn: Annotated[
        str | None, Field(description="The public crowd's is of another account and ends in public-crowd/default.")
    ]
    lambda_arns: Annotated[
        tuple[str, ...], Field(description="The functions before each task and that consolidate annotations, sorted.")
    ]
    task_ui_arn: Annotated[str | None, Field(description="The task template of the service, where one is used.")]
    topic_arns: Annotated[
        tuple[str, ...], Field(description="The SNS topics that data comes from and goes to, sorted.")
    ]
    content_classifiers: Annotated[
        tuple[str, ...],
        Field(description="What the owner declares of the data, as FreeOfPersonallyIdentifiableInformation."),
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
    options: Annotated[str | None, Field(description="CompilerOptions, JSON in a text.")]
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
    """Who made the API call, as CloudTrail tells it."""

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
    """A call that SageMaker was too busy for, or that failed: it may only withhold findings, never add one."""

    operation: Annotated[str, Field(description="The API operation, as DescribeModel.")]
    resource: Annotated[str | None, Field(description="Name or ARN of what was asked for; null for the job itself.")]
    message: str
    fields: Annotated[
        tuple[str, ...],
        Field(description="Document fields that may lack facts: a rule must not report that such a fact is absent."),
    ]
    facts: Annotated[
        tuple[str, ...] | None,
        Field(
            description="Which of their facts may be lacking, as `images` or `network.vpc`; null in documents from before, in"
            " which it may be any."
        ),
    ] = None


class Document(Model):
    """One job as a policy sees it.

    An additive field has a default of null and changes nothing else, so that recorded documents stay readable; anything
    more raises `schema_version`.
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
            description="Who made the API call, by CloudTrail; null on a state change, which doesn't say who caused it."
        ),
    ]
    deny_list: DenyList
    unavailable: Annotated[
        tuple[Unavailable, ...] | None,
        Field(description="What could not be read for now; null when every call succeeded or was refused for good."),
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
        Field(description="Names of the earlier tuning jobs whose results this one learns from."),
    ] = None
    compilation: Annotated[CompilationTarget | None, Field(description="Of compilation jobs.")] = None
    experiment: Annotated[Experiment | None, Field(description="Null when the job reports to none.")] = None
    mlflow: Annotated[Mlflow | None, Field(description="Null when the job reports to none.")] = None
    settings_omitted: Annotated[
        int | None,
        Field(
            description="How many hyperparameters and environment variables are left out, the longest ones, since those of"
            " a job and its models may be 420 KB of text in all; null when none is."
        ),
    ] = None
    entries_omitted: Annotated[
        int | None,
        Field(
            description="How many images, inputs, outputs and other entries of lists are left out, since a list holds 200;"
            " null when none is."
        ),
    ] = None
