"""Checks which numbers may be called and formats them for the carrier. Pure."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

from callcenter.callbacks.errors import NotCallable

_DIGITS: Final = re.compile(r"\+?[0-9]{5,20}")
_SERVICES: Final = {"CN": re.compile(r"1[0-2][0-9]{1,3}")}
"""Emergency and public service numbers: the queue of return calls never dials them."""


def check_callable(number: str, region: str) -> str:
    """Return the number as files store it; raises NotCallable for hidden ones, extensions and emergency numbers."""
    service = _SERVICES.get(region)
    if not _DIGITS.fullmatch(number) or (service and service.fullmatch(number)):
        raise NotCallable("this number cannot be called back")
    return number


def dialled(number: str, region: str, dial_as: str) -> str:
    """Digits for the trunk: E.164, or the national format of `region` (013800138000 is 13800138000 there)."""
    if dial_as == "e164" or not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    # Checked by country code: service numbers with an area code (0731 12345) are in no table of `phonenumbers`.
    if parsed.country_code != phonenumbers.country_code_for_region(region):
        return f"00{number[1:]}"
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return "".join(sign for sign in national if sign.isdigit())
