"""Reads values aloud in English: each function turns a value into the names of recorded pieces. Pure.

`pieces.py` lists the pieces with their words.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Final

Pieces = tuple[str, ...]

GROUPS: Final = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))


def number(value: int) -> Pieces:
    """A whole number as it is read: 1205 is one thousand two hundred five."""
    if value < 0:
        return ("minus", *number(-value))
    if value < 100:
        return _below_hundred(value)
    size, name = next(((size, name) for size, name in GROUPS if value >= size), (100, "hundred"))
    high, low = divmod(value, size)
    return (*number(high), name, *(number(low) if low else ()))


def _below_hundred(value: int) -> Pieces:
    tens, last = divmod(value, 10)
    if value < 20 or last == 0:
        return (f"n{value}",)
    return (f"n{tens}0", f"n{last}")


def count(value: int) -> Pieces:
    return number(value)


def ordinal(value: int) -> Pieces:
    """A place in a queue is read as number three: an ordinal of any size would need its own recording."""
    return ("number", *number(value))


def decimal(value: Decimal) -> Pieces:
    """A number with its fraction digit by digit: 3.05 is three point zero five."""
    sign: Pieces = ("minus",) if value < 0 else ()
    whole, _, fraction = f"{abs(value):f}".partition(".")
    fraction = fraction.rstrip("0")
    return (*sign, *number(int(whole)), *(("point", *digits(fraction)) if fraction else ()))


def percent(value: Decimal) -> Pieces:
    return (*decimal(value), "percent")


def amount(value: Decimal) -> Pieces:
    """An amount in yuan: 12.50 is twelve yuan and fifty fen."""
    sign: Pieces = ("minus",) if value < 0 else ()
    yuan, fen = divmod(int(abs(value) * 100), 100)
    whole: Pieces = (*number(yuan), "yuan") if yuan or not fen else ()
    joint: Pieces = ("and",) if yuan and fen else ()
    return (*sign, *whole, *joint, *((*number(fen), "fen") if fen else ()))


def digits(text: str) -> Pieces:
    return tuple(f"n{digit}" for digit in text)


def spelled(text: str) -> Pieces:
    """The digits of a telephone or case number one by one."""
    return digits(text)


def day(value: date) -> Pieces:
    return (f"month{value.month}", f"day{value.day}")


def full_date(value: date) -> Pieces:
    return (*day(value), *year(value.year))


def year(value: int) -> Pieces:
    """In pairs, as 20 26; 2005 is two thousand five, 1905 nineteen oh five, 1900 nineteen hundred."""
    century, rest = divmod(value, 100)
    if (century % 10 == 0 and rest < 10) or century < 10:
        return number(value)
    if rest == 0:
        return (*number(century), "hundred")
    return (*number(century), *(("oh",) if rest < 10 else ()), *number(rest))


def weekday(value: date) -> Pieces:
    return (f"weekday{value.isoweekday()}",)


def clock_time(value: time) -> Pieces:
    """On the twelve-hour clock: 9:05 is nine oh five a.m., 12:00 noon, 0:00 midnight."""
    if value.minute == 0 and value.hour % 12 == 0:
        return ("noon" if value.hour else "midnight",)
    oh: Pieces = ("oh",) if 0 < value.minute < 10 else ()
    minute: Pieces = number(value.minute) if value.minute else ()
    return (f"n{value.hour % 12 or 12}", *oh, *minute, "am" if value.hour < 12 else "pm")


def minutes(value: int) -> Pieces:
    return (*number(value), "minute" if value == 1 else "minutes")


def hours_and_minutes(value: int) -> Pieces:
    hours, rest = divmod(value, 60)
    if not hours:
        return minutes(rest)
    return (*number(hours), "hour" if hours == 1 else "hours", *(minutes(rest) if rest else ()))
