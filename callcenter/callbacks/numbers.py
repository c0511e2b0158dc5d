"""Numbers that may be called, and how the carrier wants them. Pure."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

from callcenter.callbacks.errors import NotCallable

_LEAST: Final = 5
_DIGITS: Final = re.compile(r"\+?[0-9]{5,20}")
_EMERGENCY: Final = re.compile(r"1[0-2][0-9]{1,3}")


def check_callable(number: str, region: str) -> str:
    """Return the number as files hold it; raises NotCallable for hidden ones, extensions and emergency numbers."""
    if not _DIGITS.fullmatch(number) or (region == "CN" and _EMERGENCY.fullmatch(number)):
        raise NotCallable("this is no number that the house calls back")
    return number


def dialled(number: str, region: str, dial_as: str) -> str:
    """The digits for the trunk: E.164, or as people of `region` dial it (013800138000 is 13800138000 there)."""
    if dial_as == "e164" or not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    if phonenumbers.region_code_for_number(parsed) != region:
        return f"00{number[1:]}"
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return "".join(sign for sign in national if sign.isdigit())
