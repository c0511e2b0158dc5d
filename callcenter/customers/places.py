"""Finds the home of a number. Separate from parsing: its tables are large, and few processes need them. Pure."""

from __future__ import annotations

import phonenumbers

from callcenter.customers.numbers import Number, NumberKind

_loaded = False


def are_loaded() -> bool:
    """Whether the tables are in memory: until then `place_of` blocks for a moment."""
    return _loaded


def load() -> None:
    """Read the tables into memory ahead of the first number."""
    place_of(Number("+8613800138000", NumberKind.FULL))


def place_of(number: Number, language: str = "zh") -> str:
    """The place and carrier of the number, such as 湖南省长沙市 中国移动; empty when not known."""
    if number.kind is not NumberKind.FULL:
        return ""
    # Imported late: the tables of places take a quarter of a second and 70 MB, and many processes never need them.
    from phonenumbers import carrier, geocoder

    global _loaded
    _loaded = True
    parsed = phonenumbers.parse(number.text)
    parts = (
        geocoder.description_for_number(parsed, language),
        carrier.name_for_number(parsed, language),
    )
    return " ".join(part for part in parts if part)
