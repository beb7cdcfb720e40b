"""An environment in which no thread of a kind can be started."""

from __future__ import annotations

import threading

import pytest


def no_threads(monkeypatch: pytest.MonkeyPatch, prefix: str) -> list[str]:
    """Keep threads whose names begin so from being started, as where there are too many; return the names of those refused."""
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
