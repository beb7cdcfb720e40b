"""Lists the running jobs of one kind, page by page, the oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore import xform_name

from guard.aws.refusals import CALL_ERRORS, code, is_unsupported
from guard.errors import ListError, ListUnsupported
from guard.jobs import JobKind

PAGE = 100
"""The API's maximum number of jobs in one response."""


def pages(
    client: Any,
    kind: JobKind,
    status: str,
    after: datetime | None = None,
    before: datetime | None = None,
    only: Mapping[str, str] | None = None,
) -> Iterator[list[Mapping[str, Any]]]:
    """Yield pages of the jobs with this status that were created between the two times; `only` selects one of the kind's lists.

    Where the API filters after paging, jobs of every status are included: an empty page would not show how far the list has
    come, so that the next sweep could not continue there.

    The oldest come first where the API can sort: a job that is created meanwhile is then on the last page and doesn't shift the
    others. Raises ListError, or its subclass ListUnsupported if the region lacks the operation.
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
