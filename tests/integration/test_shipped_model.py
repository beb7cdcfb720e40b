"""The deployment package's model of SageMaker holds the calls that the guard makes, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from guard.aws.listing import pages
from guard.jobs import BY_KIND, JOB_KINDS
from guard.notices.channels import TagsChannel
from guard.notices.notice import notice_of
from guard.record import Outcome
from tests.support.carriers import CARRIERS, WITHOUT_IMAGE
from tests.support.cloudtrail import called_event
from tests.support.jobs import DENIED, HOME
from tests.support.minimal import minimal
from tests.support.records import denied
from tests.support.shipped_model import shipped_session
from tools.botocore_data import OPERATIONS

ALL = "in tools/botocore_data.py the operations differ from those that the guard calls"


@pytest.fixture
def called(guard_client: Any) -> Iterator[set[str]]:
    """The operations that the guard's client was called for."""
    names: set[str] = set()

    def note(model: Any, **_: Any) -> None:
        names.add(model.name)

    guard_client.meta.events.register("before-call.sagemaker", note)
    yield names
    guard_client.meta.events.unregister("before-call.sagemaker", note)


def test_jobs_of_every_kind_on_every_resource_are_listed_and_stopped_with_exactly_the_calls_of_the_package(
    guard, sagemaker, engine_with, guard_client, called
) -> None:
    """Jobs whose images the service picks are stopped by a policy that trusts nothing unseen."""
    engine = engine_with(rules={"unresolved_image": {"tolerated": []}})
    outcomes: dict[str, Outcome] = {}
    for number, carrier in enumerate(CARRIERS):
        name, kind = f"job-{number}", BY_KIND[carrier.kind]
        carrier.create(sagemaker, name, DENIED)
        event = called_event(sagemaker, kind, kind.create_operations[0])
        outcomes[str(carrier)] = guard(engine=engine).handle(event, HOME)[0].outcome
    for number, kind_id in enumerate(sorted(WITHOUT_IMAGE)):
        kind = BY_KIND[kind_id]
        operation = kind.create_operations[-1]
        request = minimal(operation, **{kind.name_field: f"unseen-{number}"})
        getattr(sagemaker, xform_name(operation))(**request)
        outcomes[kind_id] = guard(engine=engine).handle(called_event(sagemaker, kind, operation), HOME)[0].outcome
    for kind in JOB_KINDS:
        for status in kind.listing.statuses:
            list(pages(guard_client, kind, status))
    notice = notice_of(denied(), "")
    assert notice is not None
    TagsChannel(guard_client).give(notice)
    assert outcomes == dict.fromkeys(outcomes, Outcome.STOPPED)
    assert called == OPERATIONS["sagemaker"], ALL


def test_the_packages_client_knows_no_other_call(guard_client: Any) -> None:
    assert set(guard_client.meta.service_model.operation_names) == OPERATIONS["sagemaker"]
    assert not hasattr(guard_client, "create_training_job")


@pytest.fixture(scope="module")
def sessions() -> tuple[Session, Session]:
    """One with the package's models, one with botocore's own; each reads a model once."""
    return shipped_session(), Session()


@pytest.mark.parametrize("service", sorted(OPERATIONS))
@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "xx-future-1"])
def test_the_packages_client_has_the_endpoints_of_botocores_own(
    sessions: tuple[Session, Session], service: str, region: str
) -> None:
    shipped, whole = (session.create_client(service, region_name=region).meta for session in sessions)
    assert shipped.endpoint_url == whole.endpoint_url
    assert shipped.config.signature_version == whole.config.signature_version
    assert shipped.partition == whole.partition
