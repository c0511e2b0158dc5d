"""Lists the sentences by which the voice is measured, and what is played for each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy

from benchmarks.voice_ear import TELEPHONE
from ivr.prompts.files import read_sound
from ivr.prompts.pieces import PAUSE, PAUSE_SECONDS
from ivr.prompts.ready import path_of, ready_folder
from ivr.prompts.sentences import catalogue_of, default_catalogue
from ivr.prompts.sound import joined
from ivr.prompts.texts import Prompt

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

EXAMPLES: Final[dict[str, object]] = {
    "moment": datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
    "press": "1",
    "dialect": "xiang-changsha",
    "case": "TS20261123-0001",
    "state": "investigating",
    "phone": "13907318842",
    "count": 3,
    "number": 3,
    "minutes": 5,
}
COMPOSED: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("closed_until", {"opens": datetime(2026, 12, 1, 8, 0, tzinfo=UTC)}),
    ("closed_until", {"opens": datetime(2027, 1, 23, 14, 45, tzinfo=UTC)}),
    ("return_call_at", {"when": datetime(2026, 12, 12, 16, 5, tzinfo=UTC)}),
    ("return_call_at", {"when": datetime(2026, 12, 31, 20, 30, tzinfo=UTC)}),
    ("number_is", {"number": "13812345678"}),
    ("number_is", {"number": "073188881234"}),
    ("number_is", {"number": "4006057689"}),
    ("place", {"ahead": 2}),
    ("place", {"ahead": 17}),
    ("place", {"ahead": 108}),
    ("wait_minutes", {"wait": 12}),
    ("wait_minutes", {"wait": 2}),
    ("case_is", {"case": "TS20261127-0385", "state": "closed"}),
    ("case_is", {"case": "TS20260704-0019", "state": "verified"}),
    ("dialect_person", {"dialect": "yue"}),
    ("menu_person", {"key": "0"}),
    ("menu_complaint", {"key": "2"}),
    ("menu_repeat", {"key": "9"}),
    ("menu_back", {"key": "*"}),
    ("confirm", {"yes": "1", "no": "2"}),
)
VALUES: Final[tuple[tuple[str, object], ...]] = (
    ("amount", Decimal("1280.50")),
    ("amount", Decimal("36.05")),
    ("percent", Decimal("99.5")),
    ("number", 12_345),
    ("number", 200_608),
    ("date", date(2026, 11, 27)),
    ("time", time(14, 2)),
    ("duration", 125),
    ("decimal", Decimal("3.14")),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a caller hears in one go: its sounds below the folder of sounds, and the words."""

    name: str
    language: str
    sounds: tuple[str, ...]
    text: str


def prompts(language: str) -> list[Sentence]:
    catalogue = default_catalogue()
    return [
        sentence_of(name, {slot: EXAMPLES[kind] for slot, kind in catalogue.slots(name, language).items()}, language)
        for name in sorted(catalogue.names(language))
    ]


def composed(language: str) -> list[Sentence]:
    values = [Sentence(kind, language, *value_of(kind, value, language)) for kind, value in VALUES]
    return [*(sentence_of(name, given, language) for name, given in COMPOSED), *values]


def value_of(kind: str, value: object, language: str) -> tuple[tuple[str, ...], str]:
    """A value alone: its sounds and words."""
    catalogue = catalogue_of({language: {"value": f"{{value:{kind}}}"}})
    given = {"value": value}
    return catalogue.sounds("value", given, language), catalogue.spoken("value", given, language)


def sentence_of(name: str, values: dict[str, object], language: str) -> Sentence:
    catalogue = default_catalogue()
    return Sentence(name, language, catalogue.sounds(name, values, language), catalogue.spoken(name, values, language))


def played(sentence: Sentence) -> Samples:
    """The recordings one after another, at 8 kHz."""
    return joined([sound_of(name, sentence.language) for name in sentence.sounds])


def sound_of(name: str, language: str) -> Samples:
    sound = name.split("/cc/", 1)[1]
    if sound == f"say/{PAUSE}":
        return numpy.zeros(round(PAUSE_SECONDS * TELEPHONE))
    return read_sound(path_of(ready_folder(), Prompt(sound, language, ""), TELEPHONE).read_bytes())[0]


SENTENCES: Final[Mapping[str, Callable[[str], Sequence[Sentence]]]] = MappingProxyType(
    {"prompts": prompts, "composed": composed}
)
"""What is measured of each language: every prompt with example values, and sentences composed of many pieces."""
