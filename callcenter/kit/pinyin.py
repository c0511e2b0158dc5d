"""Pinyin of Chinese names for search: `zs` and `zhangsan` find 张三. Pure but for one table, which is read once.

The readings are the table of characters that pypinyin ships; importing the package would load its phrases as well,
fifty times the memory. A character has all its readings, because surnames have rare ones (单 is Shan, 曾 is Zeng).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import islice, product
from pathlib import Path
from typing import Final

FIRST, LAST = 0x4E00, 0x9FFF
"""The block of characters that names are written with."""
MOST_SPELLINGS: Final = 8
SURNAME_READINGS: Final = 4
OTHER_READINGS: Final = 2
"""Readings of the first character, which may be a surname, and of the others; the common ones come first."""
SHORT: Final = 6
"""A longer name is a company's: of its characters but the first only the common reading counts."""
LONGEST: Final = 40
"""Characters of a name that are read."""


def pinyin_of(name: str) -> tuple[str, ...]:
    """The words by which a name is also found: initials, all syllables together, and each syllable."""
    words: dict[str, None] = {}
    for run in _runs(name[:LONGEST]):
        others = OTHER_READINGS if len(run) <= SHORT else 1
        readings = [_table()[char][: SURNAME_READINGS if at == 0 else others] for at, char in enumerate(run)]
        words |= dict.fromkeys(_spelled([tuple(dict.fromkeys(part[0] for part in char)) for char in readings]))
        words |= dict.fromkeys(_spelled(readings))
        words |= dict.fromkeys(reading for char in readings for reading in char)
    return tuple(words)


def _spelled(readings: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The combinations of the readings, in which the first character varies first: it is the surname."""
    turned = islice(product(*reversed(readings)), MOST_SPELLINGS)
    yield from ("".join(reversed(combination)) for combination in turned)


def _runs(name: str) -> Iterator[str]:
    run = ""
    for char in name:
        if FIRST <= ord(char) <= LAST and char in _table():
            run += char
        elif run:
            yield run
            run = ""
    if run:
        yield run


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    spec = find_spec("pypinyin")
    if spec is None or spec.origin is None:
        return {}
    raw: dict[str, str] = json.loads((Path(spec.origin).parent / "pinyin_dict.json").read_text("utf-8"))
    syllables: dict[str, tuple[str, ...]] = {}
    plain: dict[str, str] = {}
    for code, readings in raw.items():
        if FIRST <= int(code) <= LAST:
            parts = readings.split(",")
            plain |= {part: _without_tone(part) for part in parts if part not in plain}
            syllables[chr(int(code))] = tuple(dict.fromkeys(plain[part] for part in parts if plain[part]))
    return {char: readings for char, readings in syllables.items() if readings}


def _without_tone(reading: str) -> str:
    """`lǚ` is typed as `lv`, `zhāng` as `zhang`."""
    decomposed = unicodedata.normalize("NFD", reading.strip()).replace("u\N{COMBINING DIAERESIS}", "v")
    return "".join(char for char in decomposed if "a" <= char <= "z")
