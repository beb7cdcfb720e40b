"""Many documents at once, by the real OPA: in order, each failure for itself, in bounded memory."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from guard.decision import Evaluation
from guard.document import Document
from guard.errors import DecisionMissing, EvaluationFailed, OpaStartError, OpaTimeout, OpaUnavailable, PolicyError
from guard.opa.engine import EmbeddedOpa
from guard.opa.many import CONNECTIONS
from guard.opa.process import OpaProcess
from guard.opa.remote import RemoteOpa
from tests.support.documents import document

# Each document gets its own answer: its account. The names of some jobs break their evaluation, each in its own way.
POLICY = """package guard.main

schema_version := 1

decision := {"decision": "warn", "findings": [{
	"rule_id": "r", "level": "warn", "level_source": "level", "message": input.job.name,
	"remediation": null, "details": {}, "exempted_by": null,
}]} if {
	not startswith(input.job.name, "undefined")
	not fails
	not slow
}

fails if {
	startswith(input.job.name, "fails")
	to_number(input.job.name)
}

slow if {
	startswith(input.job.name, "slow")
	count([1 | some i in numbers.range(1, 30000); some j in numbers.range(1, 30000); i * j == 7]) == 0
}
"""


@cache
def _subject() -> Document:
    return document()


def named(name: str) -> Document:
    subject = _subject()
    return subject.model_copy(update={"job": subject.job.model_copy(update={"name": name})})


def shown(answer: Evaluation | PolicyError) -> str:
    """What a test compares: the document's own name, or the error's type."""
    return type(answer).__name__ if isinstance(answer, PolicyError) else answer.decision.findings[0].message


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    root = tmp_path / "policies"
    (root / "guard" / "main").mkdir(parents=True)
    (root / ".manifest").write_text('{"roots": ["guard"], "rego_version": 1, "revision": "r1"}')
    (root / "guard" / "main" / "main.rego").write_text(POLICY)
    return root


@pytest.fixture
def engine(opa: Path, policies: Path) -> Iterator[Callable[..., EmbeddedOpa]]:
    """Make engines that are closed after the test."""
    made: list[EmbeddedOpa] = []

    def make(timeout: float = 10.0) -> EmbeddedOpa:
        made.append(EmbeddedOpa(lambda: OpaProcess(opa, policies), timeout=timeout, start_timeout=20.0))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=["embedded", "remote"])
def either(request, engine, opa, policies) -> Iterator[EmbeddedOpa | RemoteOpa]:
    """The embedded engine, and one that somebody else runs."""
    local = engine()
    if request.param == "embedded":
        yield local
        return
    local.wait_until_ready()
    remote = RemoteOpa(local._running.client.url, timeout=10)
    yield remote
    remote.close()


NAMES = [f"job-{number}" for number in range(5 * CONNECTIONS + 3)]


def test_answers_come_in_the_order_of_the_documents(either) -> None:
    assert [shown(answer) for answer in either.evaluate_many(map(named, NAMES))] == NAMES


@pytest.mark.parametrize("count", [0, 1, CONNECTIONS - 1, CONNECTIONS, CONNECTIONS + 1])
def test_every_document_gets_one_answer(either, count: int) -> None:
    assert [shown(answer) for answer in either.evaluate_many(map(named, NAMES[:count]))] == NAMES[:count]


def test_an_answer_is_that_of_evaluate(either) -> None:
    assert list(either.evaluate_many([named("a")])) == [either.evaluate(named("a"))]


@pytest.mark.parametrize(
    ("name", "error"), [("undefined", DecisionMissing), ("fails", EvaluationFailed)], ids=["undefined", "failing"]
)
@pytest.mark.parametrize("at", [0, 3, len(NAMES) - 1], ids=["first", "inside", "last"])
def test_a_failing_document_fails_alone_with_the_error_of_evaluate(either, name, error, at) -> None:
    names = [*NAMES[:at], name, *NAMES[at + 1 :]]
    answers = list(either.evaluate_many(map(named, names)))
    assert [shown(answer) for answer in answers] == [*NAMES[:at], error.__name__, *NAMES[at + 1 :]]
    with pytest.raises(error) as alone:
        either.evaluate(named(name))
    assert answers[at].evidence == alone.value.evidence


def test_a_document_that_never_ends_is_a_timeout_and_the_others_are_decided(engine) -> None:
    names = ["a", "b", "slow", "c", "d"]
    answers = [shown(answer) for answer in engine(timeout=1).evaluate_many(map(named, names))]
    assert answers == ["a", "b", OpaTimeout.__name__, "c", "d"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_an_engine_that_dies_under_way_is_restarted_once_and_no_answer_is_lost(
    engine, opa, number, monkeypatch
) -> None:
    subject = engine()
    subject.wait_until_ready()
    starts: list[int] = []
    start = subject._start
    monkeypatch.setattr(subject, "_start", lambda: starts.append(1) or start())
    answers = subject.evaluate_many(map(named, NAMES))
    seen = [shown(next(answers))]
    pid = subject.pid
    os.kill(pid, number)
    # On a busy machine OPA, asked to end, could answer everything before it does.
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    seen += [shown(answer) for answer in answers]
    assert (seen, len(starts)) == (NAMES, 1)


def test_an_engine_that_cannot_be_started_again_fails_each_document(engine, tmp_path, monkeypatch) -> None:
    subject = engine()
    names = NAMES[: CONNECTIONS + 4]
    answers = subject.evaluate_many(map(named, names))
    next(answers)
    monkeypatch.setattr(subject, "_start", lambda: OpaProcess(tmp_path / "no-opa", tmp_path))
    os.kill(subject.pid, signal.SIGKILL)
    # What was on its way when OPA ended may have been answered.
    assert [type(answer) for answer in answers][CONNECTIONS:] == [OpaStartError] * (len(names) - 1 - CONNECTIONS)


def test_an_opa_elsewhere_that_is_down_fails_each_document() -> None:
    answers = RemoteOpa("http://127.0.0.1:1", timeout=1).evaluate_many(map(named, NAMES[:3]))
    assert [type(answer) for answer in answers] == [OpaUnavailable] * 3


def test_answers_are_read_while_engines_are_replaced(engine, opa, policies) -> None:
    subject = engine()
    answers = subject.evaluate_many(map(named, NAMES))
    seen = [shown(next(answers))]
    subject.replace(lambda: OpaProcess(opa, policies))
    assert [*seen, *(shown(answer) for answer in answers)] == NAMES


def test_documents_are_taken_as_answers_are_asked_for(engine) -> None:
    taken = itertools.count()
    answers = engine().evaluate_many(named(f"job-{next(taken)}") for _ in itertools.repeat(None))
    next(answers)
    next(answers)
    answers.close()
    assert next(taken) == CONNECTIONS + 1


def test_memory_does_not_grow_with_the_number_of_documents(engine) -> None:
    """What 2,000 documents and answers would hold is more than twice the bound."""
    answers = engine().evaluate_many(named(f"job-{number}") for number in range(2_000))
    for _ in range(3 * CONNECTIONS):
        next(answers)
    tracemalloc.start()
    try:
        count = sum(1 for _ in answers)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 2_000 - 3 * CONNECTIONS
    assert peak < 1024 * 1024


def test_an_abandoned_run_closes_its_connections(engine) -> None:
    subject = engine()
    answers = subject.evaluate_many(map(named, NAMES))
    next(answers)
    connections = set(answers.gi_frame.f_locals["connections"]._open)
    answers.close()
    assert len(connections) == CONNECTIONS
    assert {connection._socket.fileno() for connection in connections} == {-1}
