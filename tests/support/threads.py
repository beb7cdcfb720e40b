"""Make threads of a kind fail to start."""

from __future__ import annotations

import threading

import pytest


def no_threads(monkeypatch: pytest.MonkeyPatch, prefix: str) -> list[str]:
    """Make threads whose names have this prefix fail to start, as if there were too many; return the names of those threads."""
    refused: list[str] = []
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if not thread.name.startswith(prefix):
            start(thread)
            return
        refused.append(thread.name)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    return refused
