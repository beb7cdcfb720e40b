"""The embedded OPA is restarted when it is dead or hung, and can be replaced by another one."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from guard.errors import (
    OpaStartError,
    OpaTimeout,
    OpaUnavailable,
    PolicyError,
)
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from tests.support.documents import document
from tests.support.engines import ALLOW, alive

# Some 900 million steps, far longer than any timeout here.
SLOW = """decision := {"decision": "allow", "findings": []} if {
	count([1 | some i in numbers.range(1, 30000); some j in numbers.range(1, 30000); i * j == 7]) >= 0
}"""


def test_an_engine_killed_between_two_events_is_restarted(engine, policies) -> None:
    subject = engine(policies(ALLOW))
    subject.evaluate(document())
    killed = subject.pid
    os.kill(killed, signal.SIGKILL)
    assert subject.evaluate(document()).decision.decision == "allow"
    assert subject.pid != killed


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda subject: subject.evaluate(document()), id="a decision"),
        pytest.param(lambda subject: subject.evaluate_rule(document(), "denied_image", 5), id="one rule"),
        pytest.param(lambda subject: subject.masks({}), id="masks"),
    ],
)
def test_a_restart_is_reported_with_its_cause(opa, policies, ask) -> None:
    """A single rule and the masks are not retried: the next query uses the new OPA."""
    told: list[PolicyError] = []
    bundle = policies(ALLOW)
    with EmbeddedOpa(lambda: OpaProcess(opa, bundle), timeout=10, start_timeout=20, on_restart=told.append) as subject:
        subject.evaluate(document())
        assert told == []
        assert subject.pid is not None
        os.kill(subject.pid, signal.SIGKILL)
        with suppress(OpaUnavailable):
            ask(subject)
        subject.evaluate(document())
    assert [type(reason) for reason in told] == [OpaUnavailable]


def test_an_engine_killed_during_an_event_is_restarted_once_and_then_gives_up(
    engine, policies, opa, monkeypatch
) -> None:
    """Both processes end while they evaluate: the second end is an error, without a third try."""
    started: list[OpaProcess] = []
    original = OpaProcess.__init__

    def remember(self: OpaProcess, binary: Path, bundle: Path) -> None:
        original(self, binary, bundle)
        started.append(self)

    monkeypatch.setattr(OpaProcess, "__init__", remember)
    subject = engine(policies(SLOW), timeout=20.0)
    subject.wait_until_ready()
    killers = _kill_when_busy(started)
    with pytest.raises(OpaUnavailable):
        subject.evaluate(document())
    killers()
    assert len(started) == 2


def _kill_when_busy(started: list[OpaProcess]) -> Callable[[], None]:
    """Kill each OPA, from a thread, once it has used 0.4 seconds of CPU time; the returned call ends the thread."""
    import threading

    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            for each in list(started):
                if not each._log.closed and not each.ended() and _cpu_seconds(each.pid) > 0.4:
                    os.kill(each.pid, signal.SIGKILL)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()

    def finish() -> None:
        done.set()
        thread.join()

    return finish


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_hung_engine_is_replaced(engine, policies) -> None:
    subject = engine(policies(ALLOW), timeout=0.5)
    subject.evaluate(document())
    hung = subject.pid
    os.kill(hung, signal.SIGSTOP)
    os.waitpid(hung, os.WUNTRACED)
    assert subject.evaluate(document()).decision.decision == "allow"
    assert not alive(hung)


def test_an_evaluation_that_never_ends_is_a_timeout(engine, policies) -> None:
    with pytest.raises(OpaTimeout):
        engine(policies(SLOW), timeout=0.3).evaluate(document())


FINDING = (
    '{"rule_id": "r", "level": "deny", "level_source": "level", "message": "no", "remediation": null, "details": {}, '
    '"exempted_by": null}'
)
DENY = ALLOW.replace('"allow"', '"deny"').replace("[]", f"[{FINDING}]")


def _second(policies: Callable[[str], Path], tmp_path: Path, rule: str) -> Path:
    """Copy the bundle, so that the first can be written again."""
    root = policies(rule)
    return Path(shutil.copytree(root, tmp_path / "second"))


def test_a_second_engine_takes_over_between_two_decisions(engine, policies, opa, tmp_path) -> None:
    second = _second(policies, tmp_path, DENY)
    subject = engine(policies(ALLOW))
    before = subject.evaluate(document()).decision.decision
    first = subject.pid
    subject.replace(lambda: OpaProcess(opa, second))
    assert (before, subject.evaluate(document()).decision.decision) == ("allow", "deny")
    assert subject.pid != first
    assert not Path(f"/proc/{first}").exists()


def test_a_restart_after_a_replacement_starts_the_new_bundle(engine, policies, opa, tmp_path) -> None:
    second = _second(policies, tmp_path, DENY)
    subject = engine(policies(ALLOW))
    subject.wait_until_ready()
    subject.replace(lambda: OpaProcess(opa, second))
    os.kill(subject.pid, signal.SIGKILL)
    assert subject.evaluate(document()).decision.decision == "deny"


def test_a_successor_that_cannot_start_leaves_the_engine_deciding(engine, policies, opa, tmp_path) -> None:
    subject = engine(policies(ALLOW))
    subject.wait_until_ready()
    pid = subject.pid
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.rego").write_text("package")
    with pytest.raises(OpaStartError):
        subject.replace(lambda: OpaProcess(opa, tmp_path / "broken"))
    assert (subject.evaluate(document()).decision.decision, subject.pid) == ("allow", pid)


def test_no_decision_fails_while_engines_are_replaced(engine, policies, opa, tmp_path) -> None:
    """Each decision is that of one of the two bundles."""
    bundles = [_second(policies, tmp_path, DENY), policies(ALLOW)]
    subject = engine(bundles[1])
    subject.wait_until_ready()
    replaced = threading.Event()

    def replace() -> None:
        for bundle in bundles * 2:
            subject.replace(lambda bundle=bundle: OpaProcess(opa, bundle))
        replaced.set()

    worker = threading.Thread(target=replace)
    worker.start()
    seen = set()
    while not replaced.is_set():
        seen.add(subject.evaluate(document()).decision.decision)
    worker.join()
    assert seen <= {"allow", "deny"}
    assert subject.evaluate(document()).decision.decision == "allow"
