"""Lists the recorded pieces of which numbers, dates, times and the like are composed: name -> words, by language. Pure.

A piece is played as `cc/say/<name>`. `pause` is silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from callcenter.complaints.model import State

PAUSE: Final = "pause"
PAUSE_SECONDS: Final = 0.25
KEYS: Final = (*"0123456789", "star", "hash")
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

_DIGITS: Final = "零一二三四五六七八九"
KEY_NAMES: Final = tuple(f"{digit}号" for digit in _DIGITS)
"""A single syllable at the end of a sentence is hard to understand: 请按一号键."""
MINUTES: Final = range(1, 16)
"""Waits that are recorded in one piece."""
_WEEKDAYS: Final = "一二三四五六日"
_PARTS_OF_DAY: Final = ((6, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""The hour before which each part of the day ends."""

_CHINESE: Final[Mapping[str, str]] = {
    "minus": "负",
    "liang": "两",
    "wan": "万",
    "yi": "亿",
    "point": "点",
    "yao": "幺",
    "di": "第",
    "percent": "百分之",
    "yuan": "元",
    "jiao": "角",
    "fen": "分",
    "year": "年",
    "half": "半",
    "minute": "分",
    "minutes": "分钟",
    "hours": "小时",
}
_ENGLISH: Final[Mapping[str, str]] = {
    "minus": "minus",
    "hundred": "hundred",
    "thousand": "thousand",
    "million": "million",
    "billion": "billion",
    "point": "point",
    "number": "number",
    "percent": "percent",
    "yuan": "yuan",
    "fen": "fen",
    "and": "and",
    "oh": "oh",
    "am": "a.m.",
    "pm": "p.m.",
    "noon": "noon",
    "midnight": "midnight",
    "minute": "minute",
    "minutes": "minutes",
    "hour": "hour",
    "hours": "hours",
}
_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth",
}  # fmt: skip
_MONTHS: Final = ("January February March April May June July August September October November December").split()
_ENGLISH_WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

STATES: Final[Mapping[State, tuple[str, str]]] = MappingProxyType(
    {
        State.RECEIVED: ("已经受理", "has been received"),
        State.ASSESSED: ("已经受理，正在分派", "has been received and is being assigned"),
        State.INVESTIGATING: ("正在调查处理", "is being investigated"),
        State.PROPOSED: ("处理方案正在审核", "has a proposed solution, which is under review"),
        State.APPROVED: ("处理方案已经确定，正在落实", "has an approved solution, which is being carried out"),
        State.CORRECTED: ("已经处理，正在核实结果", "has been dealt with, and the result is being checked"),
        State.VERIFIED: ("已经处理完毕，我们会给您答复", "has been dealt with, and we will send you an answer"),
        State.ANSWERED: ("已经答复", "has been answered"),
        State.CALLED_BACK: ("已经答复并回访", "has been answered, and we have called you about it"),
        State.CLOSED: ("已经办结", "is closed"),
        State.ARCHIVED: ("已经办结", "is closed"),
        State.WITHDRAWN: ("已经撤销", "has been withdrawn"),
        State.MERGED: ("已经并入另一件投诉", "has been merged with another complaint"),
    }
)
"""The state of a case in the caller's words, Mandarin and English."""

DIALECTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "zh-CN": ("普通话", "Mandarin"),
        "en": ("英语", "English"),
        "xiang-changsha": ("长沙话", "the Changsha dialect"),
        "xiang-xiangtan": ("湘潭话", "the Xiangtan dialect"),
        "xiang-zhuzhou": ("株洲话", "the Zhuzhou dialect"),
        "xiang-hengyang": ("衡阳话", "the Hengyang dialect"),
        "xiang-shaoyang": ("邵阳话", "the Shaoyang dialect"),
        "xiang-yiyang": ("益阳话", "the Yiyang dialect"),
        "xiang-loudi": ("娄底话", "the Loudi dialect"),
        "xiang-yueyang": ("岳阳话", "the Yueyang dialect"),
        "mandarin-changde": ("常德话", "the Changde dialect"),
        "mandarin-chenzhou": ("郴州话", "the Chenzhou dialect"),
        "hakka": ("客家话", "Hakka"),
        "yue": ("粤语", "Cantonese"),
        "gan": ("赣语", "Gan"),
    }
)
"""Languages and dialects that a caller can be offered, as tags of an agent's skills."""


def piece_of(tag: str) -> str:
    """A tag as part of a piece's name, which has lower case only."""
    return tag.lower().replace("-", "_")


def chinese_below_hundred(value: int) -> str:
    """The characters of 0 to 99: 十二, 二十, 九十九."""
    tens, last = divmod(value, 10)
    end = _DIGITS[last] if last or not tens else ""
    return end if not tens else ("" if tens == 1 else _DIGITS[tens]) + "十" + end


def english_below_hundred(value: int) -> str:
    tens, last = divmod(value, 10)
    if value < 20:
        return _ONES[value]
    return _TENS[tens - 2] + (f"-{_ONES[last]}" if last else "")


def chinese() -> dict[str, str]:
    """Every Mandarin piece."""
    hour_words = [("两" if hour == 2 or hour == 14 else chinese_below_hundred(hour % 12 or 12)) for hour in range(24)]
    hour_words[0] = "零"
    return {
        **{f"n{value}": chinese_below_hundred(value) for value in range(100)},
        **{f"yi{value}": "一" + chinese_below_hundred(value) for value in range(10, 20)},
        **{f"n{digit}00": f"{_DIGITS[digit]}百" for digit in range(1, 10)},
        **{f"n{digit}000": f"{'两' if digit == 2 else _DIGITS[digit]}千" for digit in range(1, 10)},
        **{f"month{month}": f"{chinese_below_hundred(month)}月" for month in range(1, 13)},
        **{f"day{day}": f"{chinese_below_hundred(day)}日" for day in range(1, 32)},
        **{f"minutes{value}": f"{'两' if value == 2 else chinese_below_hundred(value)}分钟" for value in MINUTES},
        **{f"weekday{number}": f"星期{word}" for number, word in enumerate(_WEEKDAYS, 1)},
        **{f"hour{hour}": f"{part_of_day(hour)}{word}点" for hour, word in enumerate(hour_words)},
        **{f"press_{key}": f"请按{word}键" for key, word in zip(KEYS, (*KEY_NAMES, "星号", "井号"), strict=True)},
        **{f"letter_{letter}": letter.upper() for letter in LETTERS},
        **_CHINESE,
        **{f"state_{state}": words[0] for state, words in STATES.items()},
        **{f"dialect_{piece_of(tag)}": words[0] for tag, words in DIALECTS.items()},
    }


def part_of_day(hour: int) -> str:
    return next(word for end, word in _PARTS_OF_DAY if hour < end)


def english() -> dict[str, str]:
    """Every English piece."""
    return {
        **{f"n{value}": english_below_hundred(value) for value in (*range(20), *range(20, 100, 10))},
        **{f"month{number}": word for number, word in enumerate(_MONTHS, 1)},
        **{f"day{day}": english_ordinal(day) for day in range(1, 32)},
        **{f"weekday{number}": word for number, word in enumerate(_ENGLISH_WEEKDAYS, 1)},
        **{f"press_{key}": f"press {word}" for key, word in zip(KEYS, (*_ONES[:10], "star", "hash"), strict=True)},
        **{f"letter_{letter}": letter.upper() for letter in LETTERS},
        **_ENGLISH,
        **{f"state_{state}": words[1] for state, words in STATES.items()},
        **{f"dialect_{piece_of(tag)}": words[1] for tag, words in DIALECTS.items()},
    }


def english_ordinal(value: int) -> str:
    head, dash, last = english_below_hundred(value).rpartition("-")
    return head + dash + _ORDINALS.get(last, f"{last}th")


PIECES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"zh-CN": MappingProxyType(chinese()), "en": MappingProxyType(english())}
)
"""Language -> name of a piece -> its words. Both also have PAUSE, which has no words."""
