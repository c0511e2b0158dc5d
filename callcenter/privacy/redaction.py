"""Finds a person's numbers and names in any text and replaces them by a pseudonym. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

ERASED: Final = "（已删除）"
LEAST_DIGITS: Final = 7
"""Shorter numbers are extensions or public services, which belong to many people."""
LEAST_WORD: Final = 5
LEAST_NAME: Final = 3
"""A shorter name occurs in too many words to be searched where nothing else points to the person."""
_GAP: Final = r"[\s\-‐–—−.()（）/]{0,2}"
_BEFORE: Final = r"(?<![0-9０-９])"
_AFTER: Final = r"(?![0-9０-９])"
_WIDE: Final = str.maketrans("0123456789", "０１２３４５６７８９")


def national(number: str) -> str:
    """Returns the digits that all spellings of a number share: without +86, 0086 and the zero of an area code."""
    digits = re.sub(r"[^0-9]", "", number)
    if number.startswith("+86"):
        return digits[2:]
    return digits if number.startswith("+") else digits.removeprefix("0086").lstrip("0")


def spelling_pattern(number: str, outside: str = "") -> str:
    """Returns a pattern of one number in every spelling: prefixes, separators between digits, full-width digits.

    `outside` is the prefix that phones dial before an external number.
    """
    digits = _GAP.join(_digit(digit) for digit in national(number))
    zero, china = _digit("0"), _digit("8") + _digit("6")
    first = "".join(_digit(digit) for digit in outside if digit.isdigit())
    prefix = rf"(?:{first})?(?:(?:[+＋]|{zero}{{2}}){_GAP})?(?:{zero}?{china}{_GAP})?{zero}?"
    return rf"{_BEFORE}{prefix}{digits}{_AFTER}"


def _digit(digit: str) -> str:
    return f"[{digit}{digit.translate(_WIDE)}]"


@dataclass(frozen=True)
class Redactor:
    """`token` replaces the numbers; `words` are addresses and accounts, `names` are names.

    `shared` are names that other customers' files also have: only data linked to the person is searched for them.
    """

    numbers: tuple[str, ...]
    words: tuple[str, ...]
    names: tuple[str, ...]
    token: str
    shared: frozenset[str] = frozenset()
    outside: str = ""
    _sure: re.Pattern[str] = field(init=False, repr=False)
    _names: re.Pattern[str] = field(init=False, repr=False)
    _linked: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        long = [number for number in self.numbers if len(national(number)) >= LEAST_DIGITS]
        words = [re.escape(word) for word in self.words if len(word) >= LEAST_WORD]
        lone = [name for name in self.names if len(name) >= LEAST_NAME and name not in self.shared]
        object.__setattr__(self, "_sure", _any([spelling_pattern(number, self.outside) for number in long] + words))
        object.__setattr__(self, "_names", _any(_spelled(lone)))
        object.__setattr__(self, "_linked", _any(_spelled(self.names)))

    @property
    def hints(self) -> list[str]:
        """Returns search strings for a database: every text to be changed contains at least one of them."""
        digits = [national(number) for number in self.numbers]
        ends = [end for number in digits if len(number) >= LEAST_DIGITS for end in (number[-4:],)]
        texts = [*ends, *(end.translate(_WIDE) for end in ends), *(w for w in self.words if len(w) >= LEAST_WORD)]
        names = [name for name in self.names if name]
        return list(dict.fromkeys([*texts, *names, *(json.dumps(name)[1:-1] for name in names)]))

    def points_at(self, value: Any) -> bool:
        """Whether a value identifies the person beyond doubt: by a number, an address, an account."""
        return any(self._sure.search(text) for text in _texts(value))

    def holds(self, value: Any, *, linked: bool = False) -> bool:
        """Whether a value still contains anything of the person."""
        patterns = (self._sure, self._linked if linked else self._names)
        return any(pattern.search(text) for text in _texts(value) for pattern in patterns)

    def text(self, text: str, *, linked: bool = False) -> str:
        return (self._linked if linked else self._names).sub(ERASED, self._sure.sub(self.token, text))

    def value(self, value: Any, *, linked: bool = False) -> Any:
        """Returns the value without the person, including texts within lists and objects."""
        if isinstance(value, str):
            return self.text(value, linked=linked)
        if isinstance(value, list):
            return [self.value(item, linked=linked) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(item, linked=linked) for key, item in value.items()}
        return value

    def masked(self, data: bytes) -> bytes:
        """Masks bytes with asterisks at the same length: for files that another program still writes."""
        text = data.decode("utf-8", "surrogateescape")

        def stars(result: re.Match[str]) -> str:
            return "*" * len(result[0].encode("utf-8", "surrogateescape"))

        for pattern in (self._sure, self._linked):
            text = pattern.sub(stars, text)
        return text.encode("utf-8", "surrogateescape")


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) if patterns else r"(?!)")


def _spelled(names: Iterable[str]) -> list[str]:
    """Returns each name as it is, and as JSON encodes it."""
    return [re.escape(fromkey) for name in names if name for fromkey in dict.fromkeys((name, json.dumps(name)[1:-1]))]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
