"""Convert the deny lists of the deployment's parameters to the shape of the bundle's deny list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guard.document import DeniedImage, DeniedPattern, DenyList

PARAMETERS = {"processing": "ProcessingContainers", "training": "TrainingContainers"}


def deny_list(containers: Mapping[str, str]) -> DenyList:
    """Return the deny list for comma-separated lists of entries, keyed by job kind.

    White space around an entry and empty entries are ignored: the parameters may be empty. An entry that is listed for several
    kinds is denied for all of them. Raises EntryError for an entry that can never match.
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
    """Check a comma-separated list before it is deployed.

    Raises EntryError for an entry that can never match, or that `reject_mistaken` rejects.
    """
    from guard.denylist.entries import reject_mistaken

    for entry in _entries(text):
        reject_mistaken(entry)
        _canonical(entry)


def _canonical(entry: str) -> str:
    # Imported here because many deployments have no entries, and compiling the patterns of that module slows a cold start.
    from guard.denylist.entries import canonical

    return canonical(entry)


def _entries(text: str) -> Iterator[str]:
    return filter(None, (part.strip() for part in text.split(",")))


def _reason(kinds: list[str]) -> str:
    return "denied by the deployment's parameter " + " and ".join(PARAMETERS[kind] for kind in sorted(set(kinds)))
