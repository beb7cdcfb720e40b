"""The embedded OPA starts on a host with little left, reports why it can't start, and leaves no process behind."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guard.errors import (
    OpaStartError,
    SchemaMismatch,
)
from guard.opa import process
from guard.opa.client import PolicyClient, wait_until_ready
from guard.opa.process import OpaProcess
from tests.support.documents import document
from tests.support.engines import ALLOW, alive


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
        pytest.param("_start_from_thread", RuntimeError("can't start new thread"), id="no thread"),
    ],
)
def test_a_host_without_resources_is_a_start_error(engine, policies, monkeypatch, name, error) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(f"guard.opa.process.{name}", fail)
    with pytest.raises(OpaStartError) as failed:
        engine(policies(ALLOW)).wait_until_ready()
    assert (failed.value.__cause__, failed.value.evidence["error"]) == (error, f"{type(error).__name__}: {error}")


def test_opa_starts_where_no_temporary_file_can_be_written(engine, policies, monkeypatch) -> None:
    """For example with a full /tmp at a cold start: to find a temporary folder, Python writes into it."""

    def full() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", full)
    engine(policies(ALLOW)).wait_until_ready()


def test_an_opa_that_does_not_become_ready_is_a_start_error(engine, policies, tmp_path) -> None:
    """A program that accepts OPA's arguments and doesn't listen."""
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
    assert not alive(pid)


def test_a_failed_start_leaves_no_process(engine, policies) -> None:
    subject = engine(policies("decision := {"))
    with pytest.raises(OpaStartError):
        subject.wait_until_ready()
    assert subject.pid is None


@pytest.fixture
def taken(opa, policies, monkeypatch) -> Iterator[Callable[[int], None]]:
    """Another OPA, which allows everything, has the port that the next starts choose."""
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


def test_answers_of_another_process_on_the_port_are_rejected(engine, bundle, taken) -> None:
    subject = engine(bundle)
    taken(2)
    with pytest.raises(OpaStartError, match="ended"):
        subject.evaluate(document(tag="1.10-cpu-py38"))


def test_another_port_is_chosen_if_the_first_was_taken(engine, bundle, taken) -> None:
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
    # Becomes readable when the process ends; unlike the id, it can't refer to another process later.
    descriptor = os.pidfd_open(pid)
    parent.send_signal(number)
    parent.communicate()
    ended, _, _ = select.select([descriptor], [], [], 10)
    os.close(descriptor)
    assert ended == [descriptor]


def test_opa_gets_no_credentials(engine, policies, monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
    subject = engine(policies(ALLOW))
    subject.wait_until_ready()
    assert b"very-secret" not in Path(f"/proc/{subject.pid}/environ").read_bytes()


def test_an_engine_outlives_the_thread_that_started_it(engine, policies) -> None:
    """The kernel ends a child when the thread that started it ends, so that thread must keep running."""
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
