"""botocore's response parsers, with ResponseParserError for every response that they can't parse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.parsers import ResponseParser, ResponseParserError, ResponseParserFactory


class Parsers(ResponseParserFactory):
    """Creates botocore's parsers, changed to raise ResponseParserError for every response that they can't parse.

    For JSON of another shape than the service's, such as a gateway's `["blocked"]`, botocore's own parsers raise AttributeError,
    TypeError or ValueError. The guard's error handling doesn't treat these as failed calls, so unreadable tags once kept a denied
    job from being stopped.
    """

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Return the parser for a protocol."""
        parser = super().create_parser(protocol_name)
        parser.parse = _strict(parser.parse)  # type: ignore[method-assign]  # each parser is this client's own
        return parser


def _strict(parse: Callable[..., Any]) -> Callable[..., Any]:
    def parsed(response: Mapping[str, Any], shape: Any) -> Any:
        try:
            answer = parse(response, shape)
        except ResponseParserError:
            raise
        except Exception as exc:
            raise _unreadable(exc) from exc
        if not isinstance(answer, dict):
            raise _unreadable(answer)
        error = answer.get("Error")
        if isinstance(error, dict) and isinstance(error.get("Code"), dict | list):
            # botocore uses the code as a dictionary key, so it has to be hashable.
            raise _unreadable(error["Code"])
        return answer

    return parsed


def _unreadable(what: object) -> ResponseParserError:
    return ResponseParserError(f"the response doesn't have the service's shape ({type(what).__name__})")
