"""Where a number is at home. Apart from the reading of numbers: its tables are large, and few need them. Pure."""

from __future__ import annotations

import phonenumbers

from callcenter.customers.numbers import Number, NumberKind


def place_of(number: Number, language: str = "zh") -> str:
    """Where the number is at home and whose it is, such as 湖南省长沙市 中国移动; empty when not known."""
    if number.kind is not NumberKind.FULL:
        return ""
    # Late: the tables of places take a quarter of a second and 70 MB, and many processes never ask.
    from phonenumbers import carrier, geocoder

    parsed = phonenumbers.parse(number.text)
    parts = (
        geocoder.description_for_number(parsed, language),
        carrier.name_for_number(parsed, language),
    )
    return " ".join(part for part in parts if part)
