"""The deny lists of the deployment's parameters, in the shape that the bundle's own list has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guard.document import DeniedImage, DeniedPattern, DenyList

PARAMETERS = {"processing": "ProcessingContainers", "training": "TrainingContainers"}


def deny_list(containers: Mapping[str, str]) -> DenyList:
    """Return the deny list of comma-separated lists by job kind.

    White space around an entry and empty entries are tolerated, as the parameters may be empty. An entry of several kinds
    is denied for all of them. Raises EntryError for an entry that can never match.
    """
    kinds: dict[str, list[str]] = {}
    for kind, text in containers.items():
        for entry in _entries(text):
            kinds.setdefault(_canonical(entry), []).append(kind)
    denied = {entry: (_reason(on), tuple(sorted(set(on)))) for entry, on in kinds.items()}
    return DenyList(
        images={
            entry: DeniedImage(reason=reason, job_kinds=on)
            for entry, (reason, on) in denied.items()
            if "*" not in entry
        },
        patterns=tuple(
            DeniedPattern(pattern=entry, reason=reason, job_kinds=on)
            for entry, (reason, on) in sorted(denied.items())
            if "*" in entry
        ),
    )


def check_list(text: str) -> None:
    """Check a comma-separated list before it is deployed. Raises EntryError for what can never match or only looks right."""
    from guard.denylist.entries import reject_mistaken

    for entry in _entries(text):
        reject_mistaken(entry)
        _canonical(entry)


def _canonical(entry: str) -> str:
    # Imported for the first entry: a deployment need not give any, and the language's patterns are part of a cold start.
    from guard.denylist.entries import canonical

    return canonical(entry)


def _entries(text: str) -> Iterator[str]:
    return filter(None, (part.strip() for part in text.split(",")))


def _reason(kinds: list[str]) -> str:
    return "denied by the deployment's parameter " + " and ".join(PARAMETERS[kind] for kind in sorted(set(kinds)))
