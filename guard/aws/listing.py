"""The running jobs of one kind, page by page, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore import xform_name

from guard.aws.refusals import CALL_ERRORS, code, is_unsupported
from guard.errors import ListError, ListUnsupported
from guard.jobs import JobKind

PAGE = 100
"""The most that the API returns in one response."""


def pages(
    client: Any,
    kind: JobKind,
    status: str,
    after: datetime | None = None,
    before: datetime | None = None,
    only: Mapping[str, str] | None = None,
) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the summaries of the jobs with this status, created between the two times; `only` is one of the kind's lists.

    Where the API filters each page by itself, those of jobs with any status: of a page that is empty, nobody could tell when its
    jobs were created, and so where to go on.

    The oldest come first where the API sorts, so that a job which is created meanwhile is on the last page instead of moving the
    others. Raises ListError, and of its kind ListUnsupported where the region lacks the operation.
    """
    for more in kind.listing.each if only is None else (only,):
        yield from _pages(client, kind, status, more, after, before)


def _pages(
    client: Any, kind: JobKind, status: str, more: Mapping[str, str], after: datetime | None, before: datetime | None
) -> Iterator[list[Mapping[str, Any]]]:
    listing = kind.listing
    parameters: dict[str, Any] = {
        **({"StatusEquals": status} if listing.filters else {}),
        **({"SortBy": listing.sort_by, "SortOrder": "Ascending"} if listing.sort_by else {}),
        "MaxResults": PAGE,
        **more,
        **({"CreationTimeAfter": after} if after else {}),
        **({"CreationTimeBefore": before} if before else {}),
    }
    while True:
        try:
            response = getattr(client, xform_name(listing.operation))(**parameters)
        except CALL_ERRORS as exc:
            unsupported = is_unsupported(exc)
            raise (ListUnsupported if unsupported else ListError)(
                "this region has no such jobs" if unsupported else "the SageMaker API call that lists jobs failed",
                operation=listing.operation,
                status=status,
                code=code(exc),
                error=str(exc),
            ) from exc
        yield response.get(listing.field) or []
        if not response.get("NextToken"):
            return
        parameters["NextToken"] = response["NextToken"]
