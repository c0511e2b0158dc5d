"""Checks request values beyond their schema: numbers, instants and texts must be storable in every part of the centre.

A schema allows any `integer` or `date-time`; databases hold 63 bits, and conversions overflow at calendar limits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from pydantic import BaseModel

from callcenter.errors import Invalid

LARGEST: Final = 2**63 - 1
FIRST_YEAR: Final = 2
LAST_YEAR: Final = 9998
"""One year from the limits of `datetime`, which leaves room for a time zone and a day."""
DEEPEST: Final = 40


class OutOfRange(Invalid):
    """A number beyond 63 bits, or an instant at the limits of the calendar."""

    code = "out_of_range"


class BadText(Invalid):
    """A header, an address or a text that is not valid UTF-8."""

    code = "bad_text"


def check_ranges(value: object, place: str = "", depth: int = 0) -> None:
    """Raises OutOfRange or BadText with the place of the first value that cannot be stored."""
    match value:
        case bool() | None:
            return
        case int() if abs(value) > LARGEST:
            raise OutOfRange("a number has at most 63 bits", pointer=place or "/")
        case float() if not math.isfinite(value):
            raise OutOfRange("a number is finite", pointer=place or "/")
        case date() if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise OutOfRange("an instant must be within the years 2 to 9998", pointer=place or "/")
        case str():
            check_text(value, place or "/")
        case BaseModel():
            for name in type(value).model_fields:
                check_ranges(getattr(value, name), f"{place}/{name}", depth)
        case Mapping() if depth < DEEPEST:
            for key, inner in value.items():
                check_text(str(key), place or "/")
                check_ranges(inner, f"{place}/{str(key)[:60]}", depth + 1)
        case list() | tuple() | set() | frozenset() if depth < DEEPEST:
            for index, inner in enumerate(value):
                check_ranges(inner, f"{place}/{index}", depth + 1)
        case _:
            return


def check_text(text: str, place: str) -> None:
    """Raises BadText for an incomplete character: bytes that are not UTF-8, or a lone surrogate."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadText("not valid UTF-8", place=place[:100]) from None


def check_headers(headers: Iterable[tuple[str, str]]) -> None:
    """Raises BadText for a header whose bytes are not UTF-8; aiohttp passes them on as surrogates."""
    for name, value in headers:
        check_text(value, name if name.isascii() else "header")
        check_text(name, "header")
