"""Parses telephone numbers from the trunk and from people; always hostile text until parsed here. Pure.

`phonenumbers` does not know China's short numbers (95588, 12345, 110, 1068...) and would turn them into +8695588, so
they are kept as dialled.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

from callcenter.errors import Invalid


class BadNumber(Invalid):
    """Text that cannot be read as a telephone number; the text itself is not repeated."""

    code = "bad_number"


class NumberFromSheet(BadNumber):
    """A spreadsheet turned the number into a numeric value (1.397E+10, 13974812346.0): digits may be lost."""

    code = "number_from_spreadsheet"


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
    """`text` is empty for a hidden number; `extension` is dialled after it and is not part of the number."""

    text: str
    kind: NumberKind
    extension: str = ""

    @property
    def masked(self) -> str:
        return mask(self.text)

    @property
    def doubtful(self) -> bool:
        """Too long for a number without its area code, but not a full number either: most likely a typing error."""
        return self.kind is NumberKind.LOCAL and len(self.text) > LONGEST_LOCAL


HIDDEN: Final = Number("", NumberKind.HIDDEN)
LONGEST_TEXT: Final = 40
LONGEST_USER: Final = 120
"""Includes the parameters after `;` that carriers add."""
LONGEST_LOCAL: Final = 8
"""A subscriber number in China has 7 or 8 digits."""

WITHHELD_WORDS: Final = frozenset(
    {"", "anonymous", "unknown", "restricted", "private", "unavailable", "<unknown>", "asserted"}
)
"""What carriers send in place of a number."""
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Directional marks and joiners: numbers copied from a phone's contacts are wrapped in them."""
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u30fc\u2500]")
_GROUPING: Final = re.compile(r"[ ()./-]")
_DIALLED: Final = re.compile(r"\+?[0-9]{2,20}")
_PARAMETER: Final = re.compile(r";([A-Za-z][A-Za-z0-9-]*)(?:=([A-Za-z0-9+.:_-]*))?")
# A spreadsheet stored the number as a numeric value: 13974812346.0, 1.397E+10.
_SHORTENED: Final = re.compile(r"[0-9]+(?:[.,][0-9]*)?[eE]\+?[0-9]{1,3}")
_DECIMAL: Final = re.compile(r"[0-9]{5,}[.,]0+")
_EXTENSION: Final = re.compile(
    r"(.*[0-9)]) *\(?(?:,|#|x|ext(?:n|ension)?\.?|转(?:接|分机号?)?|分机号?|内线)[ .:-]*([0-9]{1,8})\)?", re.IGNORECASE
)
_LAST_GROUP: Final = re.compile(r"(.*[0-9)]) *[-(] *([0-9]{1,6})\)?")
# 10 digits that begin with 106 are a Beijing number without the 0 of its area code.
# Emergency and service numbers 1xx to 1xxxx, 118114, companies' 95xxx to 95xxxxxx and 96xxx, 1010xxxx, SMS 106...
_SHORT_CN: Final = re.compile(
    r"1[0-2][0-9]{1,3}|11[68][0-9]{3}|1010[0-9]{4}|9[56][0-9]{3,6}|106(?:[0-9]{5,6}|[0-9]{8,17})"
)
_SHORT: Final = {"CN": _SHORT_CN}
_ELSEWHERE: Final = re.compile(r"1[0-9]{2,4}")
# Ranges are assigned faster than any table is updated: every 11 digits from 13 to 19 are a mobile number.
_MOBILE_CN: Final = re.compile(r"1[3-9][0-9]{9}")
# A service number of another city is dialled with its area code, such as 0731 12345.
_TOWN_SERVICE_CN: Final = re.compile(r"(?:10|2[0-9]|[3-9][0-9]{2})(?:1[0-2][0-9]{3}|9[56][0-9]{3})")


def is_withheld(text: str | None) -> bool:
    """Whether a caller's number is not shown: carriers send nothing, or a word such as `anonymous`, in its place."""
    try:
        return read_number(text).kind is NumberKind.HIDDEN
    except BadNumber:
        return False


def read_number(text: str | None, region: str = "CN", outside_prefix: str = "") -> Number:
    """Parse a number from the trunk or from a person: the same reading for files, lines, lists and calls.

    `outside_prefix` is the digit for an outside line, such as 9; it is dropped only when the rest is a number and the
    whole is not (95588 stays). What follows `;` is not part of the number (RFC 3966, section 3: `ext` is the extension,
    `phone-context` completes a local number). Raises BadNumber for anything but digits, a leading plus, the usual
    grouping and an extension; NumberFromSheet for a number that a spreadsheet has converted.
    """
    if text is not None and _DIALLED.fullmatch(text):
        # Most numbers are digits alone, to which none of the following applies.
        return _digits(text, region, outside_prefix)
    bare, context, extension = _without_parameters(_tidied(text or ""))
    if bare.lower() in WITHHELD_WORDS:
        return HIDDEN
    if len(bare) > LONGEST_TEXT:
        raise BadNumber("too long for a telephone number", length=len(bare))
    if _SHORTENED.fullmatch(bare) or _DECIMAL.fullmatch(bare):
        raise NumberFromSheet(
            "a spreadsheet took the number for a figure; format the column as text and enter it in full"
        )
    if context:
        bare, region = _in_context(bare, context, region)
    number, extension = _split(bare, region, outside_prefix, extension)
    return replace(number, extension=extension)


def read_entry(text: str, region: str = "CN", outside_prefix: str = "") -> Number:
    """Parse a number that is entered by people: hidden and doubtful numbers are refused too. Raises BadNumber."""
    number = read_number(text, region, outside_prefix)
    if number.kind is NumberKind.HIDDEN:
        raise BadNumber("a hidden number cannot be kept")
    if number.doubtful:
        raise BadNumber("this is neither a full number nor one without its area code", digits=len(number.text))
    return number


def _tidied(text: str) -> str:
    """Convert equivalent characters to ASCII; people put an apostrophe or a tab first so that Excel keeps text."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text[: 2 * LONGEST_USER]))
    plain = _DASHES.sub("-", plain).strip(" \t").lstrip("'\u2018\u2019`").strip(" ")
    return plain[4:].lstrip(" ") if plain[:4].lower() == "tel:" else plain


def _without_parameters(text: str) -> tuple[str, str, str]:
    """The number alone, its global phone-context without the plus, and its extension."""
    bare, mark, _ = text.partition(";")
    rest = text[len(bare) :]
    if not mark or len(text) > LONGEST_USER or "".join(match.group() for match in _PARAMETER.finditer(rest)) != rest:
        return text, "", ""
    named = {name.lower(): value or "" for name, value in _PARAMETER.findall(rest)}
    context, extension = named.get("phone-context", ""), named.get("ext", "")
    digits = context.removeprefix("+")
    return (
        bare.strip(" "),
        digits if context.startswith("+") and digits.isascii() and digits.isdigit() else "",
        extension if re.fullmatch(r"[0-9]{1,8}", extension) else "",
    )


def _in_context(bare: str, context: str, region: str) -> tuple[str, str]:
    """The number as it reads within its phone-context."""
    if bare.startswith("+") or not _DIALLED.fullmatch(_GROUPING.sub("", bare)):
        return bare, region
    country = str(phonenumbers.country_code_for_region(region))
    if context == country:
        return bare, region
    whole = _whole(f"+{context}{_GROUPING.sub('', bare).removeprefix('0')}", region)
    return (whole.text if whole else bare), region


def _split(bare: str, region: str, outside_prefix: str, extension: str) -> tuple[Number, str]:
    """The number, and the extension that follows it, if any."""
    named = _EXTENSION.fullmatch(bare)
    if named and not extension:
        return _digits(named[1], region, outside_prefix), named[2]
    group = _LAST_GROUP.fullmatch(bare)
    front = _front(group[1], region, outside_prefix) if group and not extension else None
    home = f"+{phonenumbers.country_code_for_region(region)}"
    if group and front and front.kind is NumberKind.FULL and front.text.startswith(home) and region in _SHORT:
        # Numbers of one area have the same length in China, so what follows a complete one is the extension.
        return front, group[2]
    number = _digits(bare, region, outside_prefix)
    if number.doubtful and group and front and (front.kind is not NumberKind.LOCAL or len(front.text) in (7, 8)):
        return front, group[2]
    return number, extension


def _front(text: str, region: str, outside_prefix: str) -> Number | None:
    try:
        return _digits(text, region, outside_prefix)
    except BadNumber:
        return None


def _digits(text: str, region: str, outside_prefix: str) -> Number:
    digits = _GROUPING.sub("", text)
    if not _DIALLED.fullmatch(digits):
        raise BadNumber("a telephone number is 2 to 20 digits, with or without '+' and an extension")
    whole = _whole(digits, region)
    if whole is None and outside_prefix and digits.startswith(outside_prefix):
        whole = _whole(digits.removeprefix(outside_prefix), region)
    if whole is None and digits.startswith("+"):
        raise BadNumber("no country has such a number")
    return whole or Number(digits, NumberKind.LOCAL)


def _whole(digits: str, region: str) -> Number | None:
    """A short or a full number, or None when it is neither."""
    country, *leads = _leads(region)
    home = next((digits.removeprefix(lead) for lead in leads if digits.startswith(lead)), None)
    number = _at_home(digits, region, country)
    if number is None and home is not None:
        # After the country code an area code has lost its 0.
        number = _at_home(home, region, country) or _at_home(f"0{home}", region, country)
    if number is not None:
        return number
    # Some carriers send 0086 even where the region has another international prefix.
    abroad = f"+{digits[2:]}" if digits.startswith("00") else digits
    tries = (abroad,) if home is None else (f"+{country}{home}", abroad)
    return next((Number(text, NumberKind.FULL) for attempt in tries if (text := _valid(attempt, region))), None)


@lru_cache
def _leads(region: str) -> tuple[str, str, str, str]:
    """The country code, alone and as numbers begin with it."""
    country = str(phonenumbers.country_code_for_region(region))
    return country, f"+{country}", f"00{country}", f"0{country}"


def _at_home(digits: str, region: str, country: str) -> Number | None:
    """Numbers of the own region that the tables of `phonenumbers` lack."""
    if _SHORT.get(region, _ELSEWHERE).fullmatch(digits):
        return Number(digits, NumberKind.SHORT)
    if region != "CN":
        return None
    for national in (digits, digits.removeprefix(country)):
        if _MOBILE_CN.fullmatch(national.removeprefix("0")):
            return Number(f"+{country}{national.removeprefix('0')}", NumberKind.FULL)
    if digits.startswith("0") and _TOWN_SERVICE_CN.fullmatch(digits[1:]):
        return Number(f"+{country}{digits[1:]}", NumberKind.FULL)
    return None


def _valid(digits: str, region: str) -> str:
    try:
        parsed = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(parsed) else ""


def mask(text: str, country_code: str = "86") -> str:
    """The number as shown to people without need: 138****8000; short service numbers stay, they identify no person."""
    home = text.startswith(f"+{country_code}")
    digits = text.removeprefix(f"+{country_code}") if home else text
    if len(digits) <= 6:
        return digits
    # A landline is shown with the 0 of its area code, as people write it.
    if home and not digits.startswith(("1", "400", "800")):
        digits = f"0{digits}"
    visible = min(3 + digits.startswith("+"), len(digits) - 6)
    return f"{digits[:visible]}****{digits[-4:]}"


def spellings_of(text: str, region: str = "CN") -> list[str]:
    """The ways carriers send a number that a person entered; only the text itself when it is not a number."""
    try:
        number = read_number(text, region)
    except BadNumber:
        return [text]
    return spellings(number.text, str(phonenumbers.country_code_for_region(region))) if number.text else [text]


def spellings(number: str, country_code: str = "86", outside_prefix: str = "") -> list[str]:
    """The ways a trunk or an agent may have written a stored number; records keep numbers as received."""
    numbers = [number]
    if number.startswith(f"+{country_code}"):
        national = number.removeprefix(f"+{country_code}")
        leads = (country_code, f"00{country_code}", f"0{country_code}", f"+{country_code}")
        numbers += [national, f"0{national}", *(f"{lead}{zero}{national}" for lead in leads for zero in ("", "0"))]
    elif number.startswith("+"):
        numbers += [number[1:], f"00{number[1:]}"]
    numbers += [f"{outside_prefix}{digits}" for digits in numbers if outside_prefix and digits.isdigit()]
    return list(dict.fromkeys(numbers))
