"""Reads a value of a prompt aloud: kind of value -> the names of recorded pieces, in each language. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from callcenter.complaints.model import State
from ivr.prompts import chinese, english
from ivr.prompts.errors import BadPromptValue
from ivr.prompts.pieces import DIALECTS, KEYS, PAUSE, piece_of

Pieces = tuple[str, ...]
Reader = Callable[[object], Pieces]

LARGEST: Final = 10**12 - 1
LONGEST_DIGITS: Final = 32
MOST_FRACTION: Final = 4
_PHONE: Final = re.compile(r"\+?[0-9]{1,20}")
_CASE: Final = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_RUNS: Final = re.compile(r"[a-z]+|[0-9]+")


class _Bad(ValueError):
    """The value is not of its kind."""


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise _Bad("a whole number of at most twelve digits")
    return value


def _counted(value: object) -> int:
    if _whole(value) < 0:
        raise _Bad("a number of things is not negative")
    return _whole(value)


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise _Bad("a decimal number")
    try:
        exact = Decimal(value)
        if not exact.is_finite() or abs(exact) > LARGEST:
            raise _Bad("a decimal number of at most twelve digits")
        return exact.quantize(Decimal(1).scaleb(-MOST_FRACTION)).normalize() + 0
    except InvalidOperation as error:
        raise _Bad("a decimal number") from error


def _amount(value: object) -> Decimal:
    return _decimal(value).quantize(Decimal("0.01"))


def _digits(value: object) -> str:
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_DIGITS:
        raise _Bad("digits")
    return text


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise _Bad("a date")
    return value


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise _Bad("a date with a time")
    return value


def _time(value: object) -> time:
    if isinstance(value, datetime):
        return value.time()
    if not isinstance(value, time):
        raise _Bad("a time of day")
    return value


def _key(value: object) -> Pieces:
    key = {"*": "star", "#": "hash"}.get(str(value), str(value))
    if key not in KEYS:
        raise _Bad("a key of the telephone")
    return (f"press_{key}",)


def _state(value: object) -> Pieces:
    try:
        return (f"state_{State(str(value))}",)
    except ValueError as error:
        raise _Bad("a state of a case") from error


def _dialect(value: object) -> Pieces:
    if value not in DIALECTS:
        raise _Bad("a language or dialect that has a recording")
    return (f"dialect_{piece_of(str(value))}",)


def phone_groups(text: str) -> tuple[str, ...]:
    """A telephone number in the groups in which it is read: mobiles 3-4-4, 400 numbers 3-3-4, else fours from behind.

    A number of the mainland loses its +86, which nobody there says. Raises ValueError.
    """
    bare = re.sub(r"[ ()-]", "", text)
    if not _PHONE.fullmatch(bare):
        raise _Bad("a telephone number")
    number = bare.removeprefix("+86") if len(bare) > 8 else bare
    number = number.removeprefix("+")
    if len(number) == 11 and number[0] == "1":
        return (number[:3], number[3:7], number[7:])
    if len(number) == 10 and number[:3] in ("400", "800"):
        return (number[:3], number[3:6], number[6:])
    head = len(number) % 4
    cut = ([number[:head]] if head else []) + [number[place : place + 4] for place in range(head, len(number), 4)]
    # A single digit alone sounds like a mistake: it joins its neighbour.
    return tuple([cut[0] + cut[1], *cut[2:]] if len(cut) > 1 and len(cut[0]) == 1 else cut)


def case_groups(text: str) -> tuple[str, ...]:
    """A case number in groups: TS20261123-0001 is T S, 2026, 1123, 0001. Raises ValueError."""
    if not _CASE.fullmatch(text) or len(text) > LONGEST_DIGITS:
        raise _Bad("a case number")
    groups: list[str] = []
    for run in _RUNS.findall(text.lower()):
        groups += [run[place : place + 4] for place in range(0, len(run), 4)]
    return tuple(groups)


def _paused(groups: tuple[str, ...], spelled: Callable[[str], Pieces]) -> Pieces:
    names: list[str] = []
    for group in groups:
        names += [PAUSE] if names else []
        names += spelled(group) if group.isdigit() else [f"letter_{letter}" for letter in group]
    return tuple(names)


CHINESE: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "number": lambda value: chinese.number(_whole(value)),
        "count": lambda value: chinese.count(_counted(value)),
        "ordinal": lambda value: chinese.ordinal(_counted(value)),
        "decimal": lambda value: chinese.decimal(_decimal(value)),
        "percent": lambda value: chinese.percent(_decimal(value)),
        "amount": lambda value: chinese.amount(_amount(value)),
        "digits": lambda value: chinese.digits(_digits(value)),
        "phone": lambda value: _paused(phone_groups(str(value)), chinese.spelled),
        "case": lambda value: _paused(case_groups(str(value)), chinese.spelled),
        "date": lambda value: chinese.full_date(_day(value)),
        "day": lambda value: chinese.day(_day(value)),
        "weekday": lambda value: chinese.weekday(_day(value)),
        "time": lambda value: chinese.clock_time(_time(value)),
        "moment": lambda value: (
            *chinese.weekday(_moment(value)),
            PAUSE,
            *chinese.day(_moment(value)),
            PAUSE,
            *chinese.clock_time(_time(value)),
        ),
        "minutes": lambda value: chinese.minutes(_counted(value)),
        "duration": lambda value: chinese.hours_and_minutes(_counted(value)),
        "press": _key,
        "state": _state,
        "dialect": _dialect,
    }
)
ENGLISH: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "number": lambda value: english.number(_whole(value)),
        "count": lambda value: english.count(_counted(value)),
        "ordinal": lambda value: english.ordinal(_counted(value)),
        "decimal": lambda value: english.decimal(_decimal(value)),
        "percent": lambda value: english.percent(_decimal(value)),
        "amount": lambda value: english.amount(_amount(value)),
        "digits": lambda value: english.digits(_digits(value)),
        "phone": lambda value: _paused(phone_groups(str(value)), english.spelled),
        "case": lambda value: _paused(case_groups(str(value)), english.spelled),
        "date": lambda value: english.full_date(_day(value)),
        "day": lambda value: english.day(_day(value)),
        "weekday": lambda value: english.weekday(_day(value)),
        "time": lambda value: english.clock_time(_time(value)),
        "moment": lambda value: (
            *english.weekday(_moment(value)),
            PAUSE,
            *english.day(_moment(value)),
            PAUSE,
            *english.clock_time(_time(value)),
        ),
        "minutes": lambda value: english.minutes(_counted(value)),
        "duration": lambda value: english.hours_and_minutes(_counted(value)),
        "press": _key,
        "state": _state,
        "dialect": _dialect,
    }
)
READERS: Final[Mapping[str, Mapping[str, Reader]]] = MappingProxyType({"zh-CN": CHINESE, "en": ENGLISH})
KINDS: Final = frozenset(CHINESE)
"""The kinds of values; both languages have all of them."""


def read_aloud(kind: str, value: object, language: str) -> Pieces:
    """The pieces of a value. Raises BadPromptValue."""
    try:
        return READERS[language][kind](value)
    except (_Bad, KeyError) as error:
        raise BadPromptValue("this value cannot be read aloud", kind=kind, language=language, why=str(error)) from error
