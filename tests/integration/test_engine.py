"""The embedded OPA, the real one: what it answers, and each way in which it can fail."""

from __future__ import annotations

import errno
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from guard.errors import (
    DecisionInvalid,
    DecisionMissing,
    EvaluationFailed,
    OpaStartError,
    OpaTimeout,
    OpaUnavailable,
    PolicyError,
    SchemaMismatch,
)
from guard.opa import process
from guard.opa.client import PolicyClient, wait_until_ready
from guard.opa.engine import EmbeddedOpa
from guard.opa.process import OpaProcess
from guard.opa.remote import RemoteOpa
from tests.support.documents import document

SECRET = "s3cret"
ALLOW = 'decision := {"decision": "allow", "findings": []} if input.schema_version == 1'
# Some 900 million steps: takes far longer than any timeout of a test.
SLOW = """decision := {"decision": "allow", "findings": []} if {
	count([1 | some i in numbers.range(1, 30000); some j in numbers.range(1, 30000); i * j == 7]) >= 0
}"""


@pytest.fixture
def policies(tmp_path: Path) -> Callable[[str], Path]:
    """Write a bundle folder with `guard.main` made of these lines."""

    def write(rule: str) -> Path:
        root = tmp_path / "policies"
        (root / "guard" / "main").mkdir(parents=True, exist_ok=True)
        (root / ".manifest").write_text('{"roots": ["guard"], "rego_version": 1, "revision": "r1"}')
        (root / "guard" / "main" / "main.rego").write_text(f"package guard.main\n\nschema_version := 1\n\n{rule}\n")
        return root

    return write


@pytest.fixture
def engine(opa: Path) -> Iterator[Callable[..., EmbeddedOpa]]:
    """Make engines that are closed after the test."""
    made: list[EmbeddedOpa] = []

    def make(bundle: Path, *, timeout: float = 5.0, start_timeout: float = 10.0, binary: Path = opa) -> EmbeddedOpa:
        made.append(EmbeddedOpa(lambda: OpaProcess(binary, bundle), timeout=timeout, start_timeout=start_timeout))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_evaluate_returns_the_decision_with_revision_and_version(engine, policies) -> None:
    answer = engine(policies(ALLOW)).evaluate(document())
    assert (answer.decision.decision, answer.revision, answer.opa_version) == ("allow", "r1", "1.22.2")


@pytest.mark.parametrize(
    ("config", "found"),
    [
        pytest.param("exemptions: [{id: EX-1, owner: team}, {id: EX-2}]", ["EX-1", "EX-2"], id="two"),
        pytest.param("exemptions: [{id: EX-1}, 7]", ["EX-1"], id="one that is none"),
        pytest.param("exemptions: {id: EX-1}", [], id="no list"),
        pytest.param("rules: {}", [], id="none"),
    ],
)
def test_the_exemptions_are_those_of_the_configuration(engine, policies, config: str, found: list[str]) -> None:
    root = policies(ALLOW)
    (root / "guard" / "config").mkdir()
    (root / "guard" / "config" / "data.yaml").write_text(config)
    assert [exemption["id"] for exemption in engine(root).exemptions(5)] == found


def test_evaluate_decides_with_the_shipped_bundle(engine, bundle) -> None:
    answer = engine(bundle).evaluate(document(tag="1.10-cpu-py38"))
    assert (answer.decision.decision, answer.decision.rule_ids) == ("deny", ("denied_image",))


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        pytest.param('decision := {"decision": "allow"} if input.schema_version == 2', DecisionMissing, id="undefined"),
        pytest.param("other := 1", DecisionMissing, id="no entrypoint"),
        pytest.param('decision := {"decision": "allow", "findings": [], "x": 1}', DecisionInvalid, id="unknown field"),
        pytest.param('decision := {"decision": "perhaps", "findings": []}', DecisionInvalid, id="unknown verdict"),
        pytest.param('decision := {"decision": "allow"}', DecisionInvalid, id="no findings"),
        pytest.param('decision := "allow"', DecisionInvalid, id="not an object"),
        pytest.param("decision := false", DecisionInvalid, id="false"),
        pytest.param("decision := null", DecisionInvalid, id="null"),
        pytest.param(
            'decision := {"decision": "allow", "findings": [], "n": to_number(input.account[0])} if to_number("x") == 1\n\n'
            'decision := {"decision": "allow", "findings": []} if not to_number(input.region)',
            EvaluationFailed,
            id="failing built-in",
        ),
        pytest.param("decision := 1\n\ndecision := 2 if input.account", EvaluationFailed, id="conflict"),
    ],
)
def test_evaluate_never_takes_a_broken_answer_for_an_allow(engine, policies, rule, error) -> None:
    with pytest.raises(error):
        engine(policies(rule)).evaluate(document())


def test_a_failing_builtin_names_file_and_row(engine, policies) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        engine(policies('decision := {"decision": "allow", "findings": []} if to_number(input.region)')).evaluate(
            document()
        )
    assert (Path(str(failed.value.evidence["file"])).name, failed.value.evidence["row"]) == ("main.rego", 5)


def test_a_failing_builtin_does_not_tell_the_value_that_it_failed_on(engine, policies) -> None:
    subject = document(environment=[{"slot": "Environment", "name": "TOKEN", "value": SECRET}])
    rule = 'decision := {"decision": "allow", "findings": []} if to_number(input.environment[0].value) == 1'
    with pytest.raises(EvaluationFailed) as failed:
        engine(policies(rule)).evaluate(subject)
    assert (failed.value.evidence["code"], failed.value.evidence["problem"]) == ("eval_builtin_error", "to_number")
    assert SECRET not in "".join(traceback.format_exception(failed.value))


def test_an_answer_that_is_no_decision_is_not_quoted(engine, policies) -> None:
    with pytest.raises(DecisionInvalid) as failed:
        engine(policies(f'decision := {{"decision": "{SECRET}", "findings": []}}')).evaluate(document())
    assert SECRET not in "".join(traceback.format_exception(failed.value))


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
def test_a_restart_is_told_with_its_cause(opa, policies, ask) -> None:
    """A rule alone and the masks are not asked for again: the next question finds another OPA."""
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
    """Both processes end while they evaluate: the second end is an error, not a third try."""
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
    """Kill each OPA once it has burnt a tenth of a second, in a thread; the returned call ends the thread."""
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
    assert not _alive(hung)


def test_an_evaluation_that_never_ends_is_a_timeout(engine, policies) -> None:
    with pytest.raises(OpaTimeout):
        engine(policies(SLOW), timeout=0.3).evaluate(document())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"not a bundle", id="not an archive"),
        pytest.param(b"", id="empty file"),
    ],
)
def test_a_bundle_that_cannot_be_loaded_is_a_start_error(engine, tmp_path, content) -> None:
    path = tmp_path / "bundle.tar.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OpaStartError):
        engine(path).wait_until_ready()


def test_a_policy_that_does_not_compile_is_a_start_error_with_opas_own_words(engine, policies) -> None:
    with pytest.raises(OpaStartError) as failed:
        engine(policies("decision := {")).wait_until_ready()
    assert "rego_parse_error" in str(failed.value.evidence["log"])


def test_a_binary_that_is_not_there_is_a_start_error(engine, policies, tmp_path) -> None:
    with pytest.raises(OpaStartError, match="GUARD_OPA_PATH"):
        engine(policies(ALLOW), binary=tmp_path / "opa").wait_until_ready()


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("_free_port", OSError(24, "Too many open files"), id="no file descriptor"),
        pytest.param("_kept", RuntimeError("can't start new thread"), id="no thread"),
    ],
)
def test_what_the_host_has_too_little_of_is_a_start_error(engine, policies, monkeypatch, name, error) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(f"guard.opa.process.{name}", fail)
    with pytest.raises(OpaStartError) as failed:
        engine(policies(ALLOW)).wait_until_ready()
    assert (failed.value.__cause__, failed.value.evidence["error"]) == (error, f"{type(error).__name__}: {error}")


def test_opa_starts_where_no_temporary_file_can_be_written(engine, policies, monkeypatch) -> None:
    """As with a full /tmp at a cold start: Python itself writes into the folder to find one."""

    def full() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", full)
    engine(policies(ALLOW)).wait_until_ready()


def test_an_opa_that_does_not_become_ready_is_a_start_error(engine, policies, tmp_path) -> None:
    """A program that takes OPA's arguments and serves nothing."""
    fake = tmp_path / "opa"
    fake.write_text("#!/bin/sh\nexec sleep 60\n")
    fake.chmod(0o755)
    with pytest.raises(OpaStartError, match="in time"):
        engine(policies(ALLOW), binary=fake, start_timeout=0.2).wait_until_ready()


def test_close_leaves_no_process(engine, policies) -> None:
    subject = engine(policies(ALLOW))
    subject.wait_until_ready()
    pid = subject.pid
    subject.close()
    assert not _alive(pid)


def test_a_failed_start_leaves_no_process(engine, policies) -> None:
    subject = engine(policies("decision := {"))
    with pytest.raises(OpaStartError):
        subject.wait_until_ready()
    assert subject.pid is None


@pytest.fixture
def taken(opa, policies, monkeypatch) -> Iterator[Callable[[int], None]]:
    """Another OPA, which allows everything, gets the port that the next starts choose."""
    other = OpaProcess(opa, policies(ALLOW))
    client = PolicyClient(f"http://127.0.0.1:{other.port}", timeout=5)
    wait_until_ready(client, other, seconds=10)
    client.close()
    free = process._free_port

    def times(count: int) -> None:
        ports = iter([other.port] * count)
        monkeypatch.setattr(process, "_free_port", lambda: next(ports, None) or free())

    yield times
    other.stop()


def test_whoever_else_answers_on_the_port_is_not_believed(engine, bundle, taken) -> None:
    subject = engine(bundle)
    taken(2)
    with pytest.raises(OpaStartError, match="ended"):
        subject.evaluate(document(tag="1.10-cpu-py38"))


def test_a_port_that_was_taken_in_between_is_chosen_anew(engine, bundle, taken) -> None:
    subject = engine(bundle)
    taken(1)
    assert subject.evaluate(document(tag="1.10-cpu-py38")).decision.decision == "deny"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_opa_ends_with_its_parent_however_that_ends(policies, opa, number) -> None:
    program = (
        "import sys, pathlib, guard.opa.process as p; path = pathlib.Path;"
        "print(p.OpaProcess(path(sys.argv[1]), path(sys.argv[2])).pid, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, opa, policies(ALLOW)]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    # A descriptor of the process: becomes readable when it ends, and can't mean another one.
    descriptor = os.pidfd_open(pid)
    parent.send_signal(number)
    parent.communicate()
    ended, _, _ = select.select([descriptor], [], [], 10)
    os.close(descriptor)
    assert ended == [descriptor]


def test_an_address_of_ipv6_is_understood(policies, opa) -> None:
    with socket.socket(socket.AF_INET6) as server:
        server.bind(("::1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(OpaTimeout):
            PolicyClient(f"http://[::1]:{port}", timeout=0.2).evaluate(document())
        connection, _ = server.accept()
        assert connection.recv(4) == b"POST"
        connection.close()


def test_opa_gets_no_credentials(engine, policies, monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    subject = engine(policies(ALLOW))
    subject.wait_until_ready()
    assert b"very-secret" not in Path(f"/proc/{subject.pid}/environ").read_bytes()


def test_proxy_settings_of_the_environment_are_not_used(engine, policies, monkeypatch) -> None:
    """With a proxy that doesn't exist, a client that heeds it can't reach OPA."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert engine(policies(ALLOW)).evaluate(document()).decision.decision == "allow"


def test_an_opa_elsewhere_serves_the_same_interface(policies, opa) -> None:
    started = OpaProcess(opa, policies(ALLOW))
    local = EmbeddedOpa(lambda: started, timeout=5, start_timeout=10)
    local.wait_until_ready()
    remote = RemoteOpa(f"http://127.0.0.1:{started.port}", timeout=5)
    remote.wait_until_ready()
    assert remote.evaluate(document()).decision.decision == "allow"
    remote.close()
    local.close()


def test_an_opa_elsewhere_that_is_down_is_unavailable(policies, opa) -> None:
    ended = OpaProcess(opa, policies(ALLOW))
    ended.stop()
    with pytest.raises(OpaUnavailable):
        RemoteOpa(f"http://127.0.0.1:{ended.port}", timeout=1).evaluate(document())


def test_every_failure_of_the_engine_is_a_policy_error() -> None:
    failures = (OpaStartError, OpaUnavailable, OpaTimeout, EvaluationFailed, DecisionMissing, DecisionInvalid)
    assert all(issubclass(failure, PolicyError) for failure in failures)


def test_an_engine_outlives_the_thread_that_started_it(engine, policies) -> None:
    """The kernel ends a child with the thread that started it, unless that thread goes on."""
    subject = engine(policies(ALLOW))
    starter = threading.Thread(target=subject.wait_until_ready)
    starter.start()
    starter.join()
    pid = subject.pid
    assert subject.evaluate(document()).decision.decision == "allow"
    assert subject.pid == pid, "OPA was restarted: it had ended with the thread"


def test_a_stopped_engine_leaves_no_thread(engine, policies) -> None:
    before = {*threading.enumerate()}
    subject = engine(policies(ALLOW))
    subject.wait_until_ready()
    started = {*threading.enumerate()} - before
    subject.close()
    for thread in started:
        thread.join(timeout=10)
    assert [thread.name for thread in started] == ["opa-keeper"]
    assert not any(thread.is_alive() for thread in started)


FINDING = (
    '{"rule_id": "r", "level": "deny", "level_source": "level", "message": "no", "remediation": null, "details": {}, '
    '"exempted_by": null}'
)
DENY = ALLOW.replace('"allow"', '"deny"').replace("[]", f"[{FINDING}]")


def _second(policies: Callable[[str], Path], tmp_path: Path, rule: str) -> Path:
    """Another bundle beside the first."""
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


def test_the_successor_is_what_a_restart_starts(engine, policies, opa, tmp_path) -> None:
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


def test_decisions_go_on_while_engines_are_replaced(engine, policies, opa, tmp_path) -> None:
    """Each decision is the whole one of one of the engines, and none fails."""
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


@pytest.mark.parametrize(
    ("version", "found"), [("schema_version := 2", 2), ('schema_version := "1"', "1"), ("other := 1", None)]
)
def test_a_bundle_of_another_schema_is_refused_at_the_start(engine, policies, version, found) -> None:
    root = policies(ALLOW)
    main = root / "guard" / "main" / "main.rego"
    main.write_text(main.read_text().replace("schema_version := 1", version, 1))
    with pytest.raises(SchemaMismatch) as failed:
        engine(root).wait_until_ready()
    assert failed.value.evidence == {"bundle": found, "guard": 1}


def test_a_full_disk_does_not_keep_opa_from_starting(engine, policies, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert engine(policies(ALLOW)).evaluate(document()).decision.decision == "allow"
