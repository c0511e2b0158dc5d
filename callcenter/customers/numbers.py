"""Telephone numbers as they come from the trunk and from people; always hostile text until read here. Pure.

`phonenumbers` does not know China's short numbers (95588, 12345, 110, 1068...) and would make +8695588 of
them, so those are kept as dialled.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

from callcenter.errors import Invalid


class BadNumber(Invalid):
    """Text that is no telephone number in any reading; the text itself is not repeated."""

    code = "bad_number"


class NumberKind(StrEnum):
    HIDDEN = "hidden"
    FULL = "full"
    """A complete number; its text is E.164."""
    SHORT = "short"
    """A public service number, kept as dialled."""
    LOCAL = "local"
    """Neither: an extension, or a number without its area code; kept as dialled."""


@dataclass(frozen=True, slots=True)
class Number:
    """`text` is empty for a hidden number."""

    text: str
    kind: NumberKind

    @property
    def masked(self) -> str:
        return mask(self.text)


HIDDEN: Final = Number("", NumberKind.HIDDEN)
LONGEST_TEXT: Final = 40

_HIDDEN: Final = frozenset(
    {"", "anonymous", "unknown", "restricted", "private", "unavailable", "<unknown>", "asserted"}
)
_GROUPING: Final = re.compile(r"[ ()./-]")
_DIALLED: Final = re.compile(r"\+?[0-9]{2,20}")
# Emergency and service numbers 1xx to 1xxxx, carriers' 10xxx, companies' 95xxx/96xxx(x), short messages' 106...
_SHORT_CN: Final = re.compile(r"1[0-2][0-9]{1,3}|9[56][0-9]{3,4}|106[0-9]{5,17}")
_SHORT: Final = {"CN": _SHORT_CN}
_ELSEWHERE: Final = re.compile(r"1[0-9]{2,4}")


def read_number(text: str | None, region: str = "CN", outside_prefix: str = "") -> Number:
    """Read a number as the trunk or a person gave it.

    `outside_prefix` is the digit that gets a line outside, such as 9; it is dropped only when what follows is
    a number and the whole is not (95588 stays). Raises BadNumber for anything but digits, a leading plus and
    the usual grouping.
    """
    bare = unicodedata.normalize("NFKC", text or "").strip(" ")
    if bare.lower() in _HIDDEN:
        return HIDDEN
    if len(bare) > LONGEST_TEXT:
        raise BadNumber("too long for a telephone number", length=len(bare))
    digits = _GROUPING.sub("", bare)
    if not _DIALLED.fullmatch(digits):
        raise BadNumber("a telephone number is 2 to 20 digits, with or without '+'")
    found = _whole(digits, region)
    if found is None and outside_prefix and digits.startswith(outside_prefix):
        found = _whole(digits.removeprefix(outside_prefix), region)
    if found is None and digits.startswith("+"):
        raise BadNumber("no country has such a number")
    return found or Number(digits, NumberKind.LOCAL)


def _whole(digits: str, region: str) -> Number | None:
    """A short or a full number, or None when it is neither."""
    short = _SHORT.get(region, _ELSEWHERE)
    if short.fullmatch(digits):
        return Number(digits, NumberKind.SHORT)
    country = str(phonenumbers.country_code_for_region(region))
    for lead in (f"+{country}", f"00{country}"):
        if short.fullmatch(digits.removeprefix(lead)):
            return Number(digits.removeprefix(lead), NumberKind.SHORT)
    try:
        # Some carriers send 0086 where the region's own prefix for abroad is another one.
        parsed = phonenumbers.parse(f"+{digits[2:]}" if digits.startswith("00") else digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return Number(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), NumberKind.FULL)


def mask(text: str, country_code: str = "86") -> str:
    """The number as people without need may see it: 138****8000; short service numbers stay, they are nobody's."""
    home = text.startswith(f"+{country_code}")
    digits = text.removeprefix(f"+{country_code}") if home else text
    if len(digits) <= 6:
        return digits
    # A landline is shown with the 0 of its area code, as people write it.
    if home and not digits.startswith(("1", "400", "800")):
        digits = f"0{digits}"
    kept = min(3 + digits.startswith("+"), len(digits) - 6)
    return f"{digits[:kept]}****{digits[-4:]}"


def spellings(number: str, country_code: str = "86", outside_prefix: str = "") -> list[str]:
    """How a trunk or an agent may have written a number that files hold; records keep numbers as they came."""
    found = [number]
    if number.startswith(f"+{country_code}"):
        national = number.removeprefix(f"+{country_code}")
        found += [national, f"0{national}", f"{country_code}{national}", f"00{country_code}{national}"]
    elif number.startswith("+"):
        found += [number[1:], f"00{number[1:]}"]
    return found + [f"{outside_prefix}{one}" for one in found if outside_prefix and one.isdigit()]
