"""What botocore makes of a response, or one error of its own for each that it can't read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.parsers import ResponseParser, ResponseParserError, ResponseParserFactory


class Parsers(ResponseParserFactory):
    """Makes botocore's parsers, which raise ResponseParserError for whatever they can't read.

    Of JSON that has another shape than the service's, as a gateway's `["blocked"]`, they raise what Python does: AttributeError,
    TypeError, ValueError. What handles a failed call takes none of these for one, so that tags which could not be read kept a
    denied job from being stopped.
    """

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Return the parser of a protocol."""
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
            # botocore looks up what else the error has by its code, as a key.
            raise _unreadable(error["Code"])
        return answer

    return parsed


def _unreadable(what: object) -> ResponseParserError:
    return ResponseParserError(f"the response doesn't have the service's shape ({type(what).__name__})")
