"""Calls in threads, or without one if no thread can be started: Lambda allows 1,024, leaked ones included."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def submit(pool: ThreadPoolExecutor, call: Callable[..., Result], *arguments: object) -> Future[Result]:
    """Make the call in a thread of the pool, or in this thread, before returning, if no thread can be started."""
    try:
        return pool.submit(call, *arguments)
    except RuntimeError:
        done: Future[Result] = Future()
        done.set_result(call(*arguments))
        return done
