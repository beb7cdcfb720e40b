"""The campaign's table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.faults.verdict import Play

HEAD = ("", "area", "fault", "attempts", "decision", "outcome", "job", "notices", "seconds")
Row = tuple[str, ...]


def row(play: Play, problems: Sequence[str]) -> Row:
    """Return the table's row for a play with the denied job."""
    return (
        "FAIL" if problems else "ok",
        play.fault.area,
        play.fault.id,
        str(play.attempts),
        play.decision or "-",
        " ".join(dict.fromkeys(play.outcomes)) or "-",
        play.status + ((", sweep failed" if play.is_sweep else ", dead letter") if play.letters else ""),
        _notices(play),
        f"{play.seconds:.1f}",
    )


def _notices(play: Play) -> str:
    """Return the number of notices that channels delivered; dead letters of events are in the job's column."""
    if not play.given:
        return "-"
    return f"{sum(play.given.values())} given" + (", dead letter" if play.letters_left and not play.letters else "")


def table(rows: Iterable[Row]) -> list[str]:
    """Return the lines of the table."""
    cells = [HEAD, *sorted(rows, key=lambda row: row[1:3])]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
