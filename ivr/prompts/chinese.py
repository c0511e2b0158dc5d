"""Reads values aloud in Mandarin: each function turns a value into the names of recorded pieces. Pure.

The pieces are whole spoken units where there is one (a number up to 99, "三百", "上午九点"), because joints inside a
word are heard. `pieces.py` lists them with their words.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Final

from ivr.prompts.pieces import MINUTES

Pieces = tuple[str, ...]

GROUPS: Final = ((10**8, "yi"), (10**4, "wan"))
"""Chinese groups digits by four: 万 is 10^4, 亿 is 10^8."""
LIANG: Final = "liang"
PHONE_ONE: Final = "yao"
"""1 in a telephone or case number, because yi is easily mistaken for qi (7)."""


def number(value: int) -> Pieces:
    """A whole number as it is read: 105 is 一百零五, 20000 is 两万, 100500 is 十万零五百."""
    if value < 0:
        return ("minus", *number(-value))
    if value < 100:
        return (f"n{value}",)
    return _grouped(value)


def _grouped(value: int) -> Pieces:
    for size, name in GROUPS:
        if value >= size:
            high, low = divmod(value, size)
            return (*_head(high), name, *_tail(low, size // 10))
    return _below_myriad(value)


def _head(high: int) -> Pieces:
    """The multiplier of 万 or 亿; a bare two is 两."""
    return (LIANG,) if high == 2 else _grouped(high)


def _tail(low: int, next_place: int) -> Pieces:
    """What follows a unit: nothing, or the rest, after 零 where the next place is empty."""
    if low == 0:
        return ()
    if low >= next_place:
        return _after_unit(low)
    return ("n0", *_after_unit(low))


def _after_unit(value: int) -> Pieces:
    """A rest below a larger unit: 10 to 19 are 一十 there, as in 一百一十五."""
    return (f"yi{value}",) if 10 <= value < 20 else _grouped(value)


def _below_myriad(value: int) -> Pieces:
    if value >= 1000:
        return (f"n{value // 1000}000", *_tail(value % 1000, 100))
    if value >= 100:
        return (f"n{value // 100}00", *_tail(value % 100, 10))
    return (f"n{value}",)


def count(value: int) -> Pieces:
    """A number before a measure word: two is 两."""
    return (LIANG,) if value == 2 else number(value)


def ordinal(value: int) -> Pieces:
    return ("di", *number(value))


def decimal(value: Decimal) -> Pieces:
    """A number with its fraction digit by digit: 3.05 is 三点零五."""
    sign: Pieces = ("minus",) if value < 0 else ()
    whole, _, fraction = f"{abs(value):f}".partition(".")
    fraction = fraction.rstrip("0")
    return (*sign, *number(int(whole)), *(("point", *digits(fraction)) if fraction else ()))


def percent(value: Decimal) -> Pieces:
    return ("percent", *decimal(value))


def amount(value: Decimal) -> Pieces:
    """An amount in yuan: 12.50 is 十二元五角, 3.05 is 三元零五分. Rounded to the fen by the caller."""
    sign: Pieces = ("minus",) if value < 0 else ()
    fen = int(abs(value) * 100)
    yuan, rest = divmod(fen, 100)
    jiao, last = divmod(rest, 10)
    pieces: Pieces = (*count(yuan), "yuan") if yuan or not rest else ()
    if jiao:
        pieces += (*count(jiao), "jiao")
    if last:
        pieces += (("n0",) if yuan and not jiao else ()) + (*count(last), "fen")
    return (*sign, *pieces)


def digits(text: str) -> Pieces:
    return tuple(f"n{digit}" for digit in text)


def spelled(text: str) -> Pieces:
    """The digits of a telephone or case number one by one, 1 as 幺."""
    return tuple(PHONE_ONE if digit == "1" else f"n{digit}" for digit in text)


def day(value: date) -> Pieces:
    return (f"month{value.month}", f"day{value.day}")


def full_date(value: date) -> Pieces:
    """With the year digit by digit: 二零二六年."""
    return (*digits(f"{value.year:04d}"), "year", *day(value))


def weekday(value: date) -> Pieces:
    return (f"weekday{value.isoweekday()}",)


def clock_time(value: time) -> Pieces:
    """Hours with their part of the day; 9:30 is 上午九点半, 9:05 is 上午九点零五分."""
    hour: Pieces = (f"hour{value.hour}",)
    if value.minute == 0:
        return hour
    if value.minute == 30:
        return (*hour, "half")
    zero: Pieces = ("n0",) if value.minute < 10 else ()
    return (*hour, *zero, f"n{value.minute}", "minute")


def minutes(value: int) -> Pieces:
    if value in MINUTES:
        return (f"minutes{value}",)
    return (*count(value), "minutes")


def hours_and_minutes(value: int) -> Pieces:
    hours, rest = divmod(value, 60)
    return (*count(hours), "hours", *(minutes(rest) if rest else ())) if hours else minutes(rest)
