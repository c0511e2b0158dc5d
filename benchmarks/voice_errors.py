"""Compares what a recogniser heard with what was spoken, character by character, numbers as people read them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice, product
from typing import Final

from benchmarks.speech import distance
from ivr.prompts import chinese, english
from ivr.prompts.pieces import PIECES

MOST_READINGS: Final = 64
_SAME: Final = str.maketrans({"幺": "一", "两": "二", "〇": "零"})
_NUMBER: Final = re.compile(r"\d+")
LARGEST: Final = 10**12


def error(spoken: str, heard: str, language: str) -> int:
    """The characters changed, missed or added, by the most favourable reading of the numbers that were written."""
    expected = _plain(spoken, language)
    return min(distance(expected, _plain(reading, language)) for reading in readings(heard, language))


def length(spoken: str, language: str) -> int:
    return len(_plain(spoken, language))


def rate(pairs: Sequence[tuple[str, str]], language: str) -> float:
    """The character error rate of texts and what was heard, in per cent."""
    wrong = sum(error(spoken, heard, language) for spoken, heard in pairs)
    return 100 * wrong / sum(length(spoken, language) for spoken, _ in pairs)


def _plain(text: str, language: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if language == "zh-CN":
        from opencc import OpenCC

        folded = OpenCC("tw2s").convert(folded).translate(_SAME)
    return [char for char in folded if char.isalnum()]


def readings(heard: str, language: str) -> list[str]:
    """The text with its numbers in words, in each way that they may have been spoken."""
    text = unicodedata.normalize("NFKC", heard)
    if language == "zh-CN":
        text = re.sub(r"(\d),(?=\d{3}(?!\d))", r"\1", text)
        text = re.sub(r"(\d+(?:\.\d+)?)%", r"百分之\1", text)
        # One point is a decimal point; several separate the groups of a number.
        text = re.sub(r"(?<![\d.])(\d+)\.(\d+)(?![\d.])", r"\1点\2", text)
        text = re.sub(r"(\d+):(\d\d)", r"\1点\2分", text).replace("点00分", "点")
    else:
        text = re.sub(r"(\d),(\d{3})", r"\1\2", text).replace("%", " percent ")
        text = re.sub(r"(?<![\d.])(\d+)\.(\d+)(?![\d.])", r"\1 point \2", text)
    choices = [_ways(run, language) for run in _NUMBER.findall(text)]
    between = _NUMBER.split(text)
    return [
        "".join(part for pair in zip(between, (*ways, ""), strict=True) for part in pair)
        for ways in islice(product(*choices), MOST_READINGS)
    ]


def _ways(digits: str, language: str) -> list[str]:
    read: dict[str, list[Callable[[], tuple[str, ...]]]] = {
        "zh-CN": [lambda: chinese.number(int(digits)), lambda: chinese.digits(digits)],
        "en": [
            lambda: english.digits(digits),
            lambda: english.number(int(digits)),
            lambda: (f"day{int(digits)}",),
            lambda: sum((english.number(int(pair)) for pair in re.findall(r"\d\d?", digits)), ()),
        ],
    }
    words, ways = PIECES[language], []
    for way in read[language]:
        names = way() if int(digits) < LARGEST else ()
        if names and all(name in words for name in names):
            ways.append("".join(words[name] for name in names))
    return ways or [digits]
