"""The current time, and the four time formats of SageMaker's events and API, as aware datetimes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Numbers from here on are milliseconds: as seconds, this would be the year 5138; as milliseconds, it is 1973.
_FIRST_MILLISECONDS = 100_000_000_000


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def parse_time(value: object) -> datetime | None:
    """Return the time from a datetime, ISO text, or seconds or milliseconds (number or text); None if the value isn't a time."""
    try:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.utcoffset() is None else value
        if isinstance(value, str):
            return _from_text(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _from_number(value)
    except (ValueError, OverflowError):
        pass
    return None


def _from_text(text: str) -> datetime | None:
    if text.isascii() and text.replace(".", "").isdigit():
        return _from_number(float(text))
    return parse_time(datetime.fromisoformat(text))


def _from_number(number: float) -> datetime:
    return EPOCH + timedelta(seconds=number / 1000 if abs(number) >= _FIRST_MILLISECONDS else number)
