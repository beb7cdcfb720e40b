"""Handle the SageMaker requests that moto receives."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.moto_api import state_manager
from moto.sagemaker import urls
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from tools.local_sagemaker.control import CONTROL, Call, Refused
from tools.local_sagemaker.jobs import Jobs, state_name
from tools.local_sagemaker.kinds import KINDS


class StoppableSageMakerResponse(SageMakerResponse):
    """Serves jobs and algorithms from the table of kinds; moto serves the rest, with the members of models that it drops."""

    def call_action(self) -> TYPE_RESPONSE:
        operation, parameters = self._get_action(), self.params
        jobs = _jobs(self.sagemaker_backend)
        try:
            CONTROL.admit(operation, parameters)
            package = parameters.get("ResourceArn") if operation == "ListTags" else None
            if package in _package_tags(self.sagemaker_backend):
                # moto doesn't store the tags of model packages.
                result = {"Tags": _package_tags(self.sagemaker_backend)[package]}
            elif jobs.serves(operation, parameters):
                result = jobs.call(operation, parameters)
            else:
                return self._by_moto(operation, parameters)
            CONTROL.served.append(Call(operation, parameters))
            status, headers, body = self.serialized(ActionResult(result))
        except Refused as exc:
            # Not raised as an error of moto, which warns about codes that the API model doesn't declare, such as throttling.
            status, headers, body = 400, self.response_headers, json.dumps({"__type": exc.code, "message": exc.message})
        return status, *self._enrich_response(headers, body)

    def _by_moto(self, operation: str, parameters: dict[str, Any]) -> TYPE_RESPONSE:
        status, headers, body = super().call_action()
        if status != 200 or operation not in {"CreateModel", "DescribeModel", "CreateModelPackage"}:
            return status, headers, body
        answer = json.loads(body)
        if operation == "CreateModelPackage":
            _package_tags(self.sagemaker_backend)[answer["ModelPackageArn"]] = parameters.get("Tags", [])
            return status, headers, body
        created = _models(self.sagemaker_backend)
        if operation == "CreateModel":
            created[answer["ModelArn"]] = {key: value for key, value in parameters.items() if key != "Tags"}
            return status, headers, body
        return status, headers, json.dumps({**answer, **created.get(answer["ModelArn"], {})})


def install() -> None:
    """Serve SageMaker with this module, in `mock_aws` and in moto's server."""
    for kind in KINDS:
        state_manager.register_default_transition(state_name(kind), {"progression": "manual", "times": 1})
    urls.url_paths["{0}/$"] = StoppableSageMakerResponse.dispatch


def set_status(name: str, status: str, *, region: str = "eu-west-1", account: str = DEFAULT_ACCOUNT_ID) -> None:
    """Set a job's status, as if the job had reached it by itself."""
    jobs = _jobs(sagemaker_backends[account][region])
    jobs.set_status(jobs.find(name), status)


def set_members(name: str, *, region: str = "eu-west-1", account: str = DEFAULT_ACCOUNT_ID, **members: Any) -> None:
    """Add members to a job's description that no create request has, such as TuningJobArn."""
    _jobs(sagemaker_backends[account][region]).find(name).members.update(members)


def set_created(name: str, created: datetime, *, region: str = "eu-west-1", account: str = DEFAULT_ACCOUNT_ID) -> None:
    """Set a job's creation time, by which lists are sorted and filtered."""
    _jobs(sagemaker_backends[account][region]).find(name).created = created


# State is stored in the backend's attributes, which moto resets when a mock ends and on /moto-api/reset.
def _jobs(backend: SageMakerModelBackend) -> Jobs:
    if "guard_jobs" not in backend.__dict__:
        backend.guard_jobs = Jobs(backend.account_id, backend.region_name, get_service_model("sagemaker"))
    return backend.guard_jobs


def _models(backend: SageMakerModelBackend) -> dict[str, dict[str, Any]]:
    return backend.__dict__.setdefault("guard_models", {})


def _package_tags(backend: SageMakerModelBackend) -> dict[str, list[dict[str, str]]]:
    return backend.__dict__.setdefault("guard_package_tags", {})
