"""The guard built from a deployment's settings: each setting reaches its component."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import certifi
import pytest
from aws_lambda_powertools import Logger

from guard.aws.enforce import PATIENCE
from guard.decision import Exemptions
from guard.errors import ConfigError, OpaTimeout
from guard.limits.permit import NO_LIMITS
from guard.opa.engine import EmbeddedOpa
from guard.opa.remote import RemoteOpa
from guard.refs import Home
from guard.settings import Settings
from guard.store import NoStore
from lambda_entry import assembly
from tests.support.fakes import FakeSageMaker
from tests.support.jobs import ACCOUNT, REGION
from tests.support.records import denied

SWITCH = "/sagemaker-guard/stack/enforcement"
TABLE = {"GUARD_STATE_TABLE": "state"}
COUNTED = ("dynamodb", "UpdateItem")
READ = ("ssm", "GetParameter")


class Services:
    """The clients that are created, by service, and their calls."""

    def __init__(self) -> None:
        self.made: dict[str, FakeSageMaker] = {}
        self.configs: dict[str, object] = {}
        self.arns: dict[str, str] = {}
        self.heard: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {
            "ssm": {"GetParameter": {"Parameter": {"Value": "on"}}},
            "dynamodb": {"UpdateItem": {"Attributes": {}}, "GetItem": {}},
        }

    def __call__(self, service: str, config: object = None, arn: str = "") -> Any:
        self.made[service] = FakeSageMaker(**self.answers.get(service, {}))
        self.configs[service] = config
        self.arns[service] = arn
        vars(self.made[service])["meta"] = _meta(self.heard)
        return self.made[service]

    def asked(self) -> list[tuple[str, str]]:
        """Return the calls since the last time; the clients are forgotten."""
        asked = [(service, operation) for service, client in self.made.items() for operation in client.operations()]
        self.made.clear()
        return asked


def _meta(heard: list[str]) -> SimpleNamespace:
    """The `meta` of a botocore client: event handlers are recorded, but never called."""
    service_id = SimpleNamespace(hyphenize=lambda: "sagemaker")
    events = SimpleNamespace(register_first=lambda name, _: heard.append(name))
    return SimpleNamespace(events=events, service_model=SimpleNamespace(service_id=service_id))


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    made = Services()
    monkeypatch.setattr(assembly, "client", made)
    return made


def _settings(**variables: str) -> Settings:
    return Settings.from_environment(variables)


def _logger() -> Logger:
    return Logger(service="test")


class Engine:
    """Has one exemption, and records its timeout."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def exemptions(self, seconds: float) -> Exemptions:
        self.seconds.append(seconds)
        return Exemptions(({"id": "EX-1"},), "r1")


# What may keep a denied job from being stopped


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"GUARD_SWITCH_PARAMETER": SWITCH}, [READ], id="switch"),
        pytest.param(TABLE, [COUNTED], id="table"),
        pytest.param(TABLE | {"GUARD_SWITCH_PARAMETER": SWITCH}, [READ, COUNTED], id="both"),
        pytest.param(TABLE | {"GUARD_BREAKER_RULE_SHARE": "0"}, [COUNTED], id="stops alone"),
        pytest.param(TABLE | {"GUARD_BREAKER_STOPS": "0"}, [COUNTED], id="share alone"),
        pytest.param(TABLE | {"GUARD_BREAKER_STOPS": "0", "GUARD_BREAKER_RULE_SHARE": "0"}, [], id="no bounds"),
        pytest.param(TABLE | {"GUARD_SWITCH_PARAMETER": SWITCH, "GUARD_MODE": "audit"}, [], id="audit"),
    ],
)
def test_a_stop_checks_the_limits_of_the_settings(
    services: Services, variables: dict[str, str], asked: list[tuple[str, str]]
) -> None:
    permit = assembly.build_limits(_settings(**variables)).permit(denied())
    assert (permit.withheld_by, permit.warnings, services.asked()) == (None, (), asked)


def test_audit_mode_has_no_limits(services: Services) -> None:
    assert assembly.build_limits(_settings(GUARD_MODE="audit", **TABLE)) is NO_LIMITS


def test_the_switch_is_the_parameter_of_the_settings(services: Services) -> None:
    services.answers["ssm"]["GetParameter"] = {"Parameter": {"Value": "off"}}
    permit = assembly.build_limits(_settings(GUARD_SWITCH_PARAMETER=SWITCH)).permit(denied())
    assert (permit.withheld_by, services.made["ssm"].calls) == ("switch", [("GetParameter", {"Name": SWITCH})])


def _tally(**values: int) -> Callable[..., dict[str, Any]]:
    """The table's values after the call: these numbers in the current slice."""

    def answer(**request: Any) -> dict[str, Any]:
        names = request["ExpressionAttributeNames"].values()
        current = next(name.rpartition(" ")[0] for name in names if name.endswith((" judged", " stops")))
        counted = {name.replace("_of_", " "): value for name, value in values.items()}
        return {"Attributes": {f"{current} {name}": {"N": str(value)} for name, value in counted.items()}}

    return answer


@pytest.mark.parametrize(
    ("variables", "tally", "withheld", "reason"),
    [
        pytest.param({"GUARD_BREAKER_STOPS": "7"}, {"stops": 7}, None, None, id="the last stop"),
        pytest.param(
            {"GUARD_BREAKER_STOPS": "7", "GUARD_BREAKER_MINUTES": "3"},
            {"stops": 8},
            "breaker",
            "the breaker is open: 7 jobs were stopped within 3 minutes",
            id="one more",
        ),
        pytest.param(
            {"GUARD_BREAKER_RULE_SHARE": "50", "GUARD_BREAKER_RULE_JOBS": "4"},
            {"judged": 9, "rule_of_denied_image": 5},
            "rule",
            "a rule is suspected, as it denies most jobs: denied_image denied 5 of 9 jobs within 10 minutes",
            id="a rule's share",
        ),
        pytest.param(
            {"GUARD_BREAKER_RULE_SHARE": "50", "GUARD_BREAKER_RULE_JOBS": "5"},
            {"judged": 9, "rule_of_denied_image": 5},
            None,
            None,
            id="too few jobs",
        ),
        pytest.param(
            {"GUARD_BREAKER_RULE_SHARE": "60", "GUARD_BREAKER_RULE_JOBS": "4"},
            {"judged": 9, "rule_of_denied_image": 5},
            None,
            None,
            id="a smaller share",
        ),
    ],
)
def test_the_breakers_bounds_are_those_of_the_settings(
    services: Services,
    variables: dict[str, str],
    tally: dict[str, int],
    withheld: str | None,
    reason: str | None,
) -> None:
    services.answers["dynamodb"]["UpdateItem"] = _tally(**tally)
    permit = assembly.build_limits(_settings(**TABLE, **variables)).permit(denied())
    assert (permit.withheld_by, permit.reason, permit.warnings) == (withheld, reason, ())
    assert {request["TableName"] for _, request in services.made["dynamodb"].calls} == {"state"}


@pytest.mark.parametrize("together", [1, 3])
def test_jobs_that_are_not_denied_are_counted_in_batches(services: Services, together: int) -> None:
    limits = assembly.build_limits(_settings(**TABLE), together)
    for number in range(6):
        limits.judged(f"job-{number}")
    assert services.asked() == [COUNTED] * (6 // together)


@pytest.mark.parametrize(("rate", "together"), [("1", 1), ("0.5", 1), ("15", 15), ("40", 25)])
def test_a_sweep_takes_no_more_jobs_at_once_than_it_may_make_calls_in_a_second(
    services: Services, rate: str, together: int
) -> None:
    """Some jobs take thirty calls: the batch must end before the function does."""
    assert _sweep(services, GUARD_SWEEP_CALLS_PER_SECOND=rate).together == together


def test_both_functions_retry_a_throttled_stop(services: Services) -> None:
    guard: Any = assembly.build_guard(_settings(), Engine(), _logger())  # type: ignore[arg-type]
    assert tuple(guard.patience) == tuple(_sweep(services).guard.patience) == PATIENCE


def test_the_function_counts_each_decision_and_a_sweep_as_many_as_it_takes_at_once(services: Services) -> None:
    settings = _settings(**TABLE)
    guard: Any = assembly.build_guard(settings, Engine(), _logger())  # type: ignore[arg-type]
    guard.count_judged("job-1")
    assert services.asked() == [COUNTED]
    assembly.build_limits(settings).judged("job-1")
    assert services.asked() == [COUNTED]
    sweep = _sweep(services, **TABLE)
    for number in range(14):
        sweep.guard.count_judged(f"job-{number}")
    assert "dynamodb" not in services.made
    sweep.guard.count_judged("job-14")
    assert services.asked() == [COUNTED]


# The sweep


def _sweep(services: Services, engine: Any = None, logger: Logger | None = None, **variables: str) -> Any:
    return assembly.build_sweep(_settings(**variables), engine or Engine(), logger or _logger())


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"GUARD_MODE": "audit"}, id="mode"),
        pytest.param({"GUARD_TRAINING_CONTAINERS": "churn:1"}, id="denied for training"),
        pytest.param({"GUARD_PROCESSING_CONTAINERS": "churn:1"}, id="denied for processing"),
    ],
)
def test_a_sweep_knows_no_job_that_was_judged_with_other_settings(services: Services, changed: dict[str, str]) -> None:
    assert _sweep(services).setup != _sweep(services, **changed).setup


def test_a_sweep_knows_the_jobs_of_the_last_one_with_the_same_settings(services: Services) -> None:
    same = {"GUARD_TRAINING_CONTAINERS": "churn:1", "GUARD_MODE": "audit"}
    first, second = _sweep(services, **same).setup, _sweep(services, **same, GUARD_UNDECIDED_MINUTES="7").setup
    assert (first, len(first)) == (second, 16)


def test_a_sweep_knows_no_job_that_an_earlier_release_judged(services: Services) -> None:
    first, second = (
        assembly.build_sweep(_settings(), Engine(), _logger(), version).setup  # type: ignore[arg-type]
        for version in ("7", "8")
    )
    assert first != second


def test_the_order_of_denied_images_does_not_matter(services: Services) -> None:
    first, second = (_sweep(services, GUARD_TRAINING_CONTAINERS=images) for images in ("a:1,b:1", "b:1,a:1"))
    assert first.setup == second.setup


@pytest.mark.parametrize(("undecided", "stops"), [("leave", False), ("stop", True)])
def test_what_a_sweep_does_about_undecided_jobs_is_a_setting(services: Services, undecided: str, stops: bool) -> None:
    sweep = _sweep(services, GUARD_UNDECIDED_JOBS=undecided, GUARD_UNDECIDED_MINUTES="7")
    assert (sweep.stop_undecided, sweep.undecided_after) == (stops, timedelta(minutes=7))


def test_a_sweep_remembers_in_the_table_or_not_at_all(services: Services) -> None:
    assert isinstance(_sweep(services).store, NoStore)
    _sweep(services, **TABLE).store.read("item")
    ((_, request),) = services.made["dynamodb"].calls
    assert (request["TableName"], request["Key"]) == ("state", {"id": {"S": "item"}})


def test_a_sweep_lists_and_judges_with_one_client_whose_calls_are_spread(services: Services) -> None:
    sweep = _sweep(services)
    assert sweep.client is sweep.guard.sagemaker is services.made["sagemaker"]
    assert services.heard == ["request-created.sagemaker"]


def test_an_undecided_job_is_an_error_in_the_log(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    _sweep(services, logger=Logger(service="undecided")).notice("undecided job", {"job_arn": "arn"})
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message"], line["job_arn"]) == ("ERROR", "undecided job", "arn")


def test_a_sweep_asks_for_the_exemptions_in_the_time_of_a_decision(services: Services) -> None:
    engine = Engine()
    found = _sweep(services, engine, GUARD_OPA_TIMEOUT_SECONDS="3.5").exemptions()
    assert (found, engine.seconds) == (Exemptions(({"id": "EX-1"},), "r1"), [3.5])


# The engine


def _engine(logger: Logger | None = None, **variables: str) -> Any:
    def start() -> Any:
        raise AssertionError("nothing is to be started yet")

    return assembly.build_engine(_settings(**variables), start, None, logger or _logger())


def test_the_embedded_opa_is_used_unless_a_url_is_set() -> None:
    assert isinstance(_engine(), EmbeddedOpa)
    assert isinstance(_engine(GUARD_OPA_URL="https://opa.internal"), RemoteOpa)


@pytest.mark.parametrize(("path", "used"), [("", None), (certifi.where(), certifi.where())], ids=["public", "own"])
def test_an_opa_elsewhere_is_trusted_by_the_authorities_of_the_settings(path: str, used: str | None) -> None:
    engine = _engine(GUARD_OPA_URL="https://opa.internal", GUARD_OPA_CA_FILE=path, GUARD_OPA_TIMEOUT_SECONDS="3.5")
    assert (engine._url, engine._ca_file, engine._timeout) == ("https://opa.internal", used, 3.5)


def test_the_token_is_read_in_the_region_of_its_arn(services: Services) -> None:
    arn = "arn:aws:ssm:us-east-1:111122223333:parameter/opa/token"
    services.answers["ssm"] = {"GetParameter": {"Parameter": {"Value": "t0ken"}}}
    engine = _engine(GUARD_OPA_URL="https://opa.internal", GUARD_OPA_TOKEN_ARN=arn)
    assert (engine._fetch_token(), services.arns["ssm"]) == ("t0ken", arn)


def test_a_restart_of_the_engine_is_a_warning_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    _engine(Logger(service="restarted"))._on_restart(OpaTimeout("OPA didn't answer in time", seconds=2))
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message"], line["reason"]) == (
        "WARNING",
        "engine restarted",
        "OPA didn't answer in time (seconds=2)",
    )


# The function


@pytest.mark.parametrize("resource", ["function:guard", "guard"])
def test_the_functions_arn_gives_account_and_region(resource: str) -> None:
    arn = f"arn:aws-cn:lambda:{REGION}:{ACCOUNT}:{resource}"
    assert assembly.function_home(arn) == Home(account=ACCOUNT, region=REGION, partition="aws-cn")


def test_an_unreadable_arn_is_in_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        assembly.function_home("arn:aws:lambda:eu-west-1:1")
    assert caught.value.evidence == {"arn": "arn:aws:lambda:eu-west-1:1"}


@pytest.mark.parametrize(
    ("variables", "gives"),
    [
        pytest.param({}, False, id="none"),
        pytest.param({"GUARD_NOTICE_TAGS": "enabled"}, True, id="tags"),
        pytest.param({"GUARD_SECURITY_HUB": "enabled"}, True, id="Security Hub"),
        pytest.param({"GUARD_NOTICE_BUS": "default"}, True, id="event bus"),
        pytest.param({"GUARD_NOTICE_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:denied"}, True, id="topic"),
    ],
)
def test_notices_are_given_where_a_channel_is_on(variables: dict[str, str], gives: bool) -> None:
    assert assembly.gives_notices(_settings(**variables)) is gives
