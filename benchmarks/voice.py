"""Measures whether callers understand the prompts: Whisper base hears each through a telephone band, beside espeak-ng.

Every prompt that comes with the software, with example values in it, and sentences composed of recorded pieces, as
Asterisk plays them one after another. The figure is the character error rate; numbers count as people read them.
Real people are heard with the same settings, which the output names: the recogniser's own errors are in every figure.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy
import typer

from benchmarks.result import Result
from benchmarks.speech import english, mandarin
from benchmarks.voice_ear import OPTIONS, TELEPHONE, Ear
from benchmarks.voice_errors import rate
from callcenter.asterisk.install import NotInstalled, Tree
from callcenter.settings import Settings
from ivr.prompts.espeak import VoiceFailed, spoken
from ivr.prompts.files import read_sound
from ivr.prompts.pieces import PAUSE, PAUSE_SECONDS
from ivr.prompts.ready import path_of, ready_folder
from ivr.prompts.sentences import catalogue_of, default_catalogue
from ivr.prompts.sound import joined
from ivr.prompts.texts import FOLDERS, Prompt

if TYPE_CHECKING:
    from ivr.prompts.sound import Samples

COMMAND: Final = "make bench ONLY=voice"
LIMIT: Final = 15.0
TARGET: Final = "CER at most 15 %"
POOREST: Final = 12
"""Pieces that are listed with the sentences they are in."""
ESPEAK_SAMPLE: Final = 8
"""Sentences of each kind that espeak-ng speaks too: enough to see the difference, and each takes half a minute."""
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


def run() -> list[Result]:
    settings = Settings()
    model = settings.model_home / "whisper-base"
    if not model.is_dir():
        raise ModuleNotFoundError("a model", name="a speech model: callcenter transcripts install")
    ear, program = Ear(model), espeak_of(settings)
    measurements: list[Result] = []
    typer.echo(f"recogniser: {model.name}, {', '.join(f'{name} {value}' for name, value in OPTIONS.items())}", err=True)
    for language in FOLDERS:
        measurements += people(language, ear, settings)
        for kind, sentences in (("prompts", prompts(language)), ("composed", composed(language))):
            measurements += measured(kind, language, sentences, ear, program)
    return measurements


def measured(
    kind: str, language: str, sentences: Sequence[Sentence], ear: Ear, program: tuple[str, ...]
) -> list[Result]:
    name = f"voice.{FOLDERS[language]}.{kind}"
    pairs = []
    for sentence in sentences:
        pair = (sentence.text, ear.hear(played(sentence), TELEPHONE, language))
        pairs.append(pair)
        if (own := rate([pair], language)) > LIMIT:
            typer.echo(f"{name}.{sentence.name}: {own:.0f} %: {pair[0]} | {pair[1]}", err=True)
    for piece, (own, times) in poorest(sentences, pairs).items():
        typer.echo(f"{name}: {piece}: {own:.0f} % in {times} sentences", err=True)
    poor = sum(rate([pair], language) > LIMIT for pair in pairs)
    ours, theirs = rate(pairs, language), espeak_rate(sentences, ear, program)
    ratio = ours / theirs if theirs else None
    return [
        Result(f"{name}.cer", ours, "%", theirs, ratio, TARGET, COMMAND, LIMIT),
        Result(f"{name}.poor", poor, f"of {len(pairs)}", None, None, "sentences above 15 %", COMMAND),
    ]


def people(language: str, ear: Ear, settings: Settings) -> list[Result]:
    """What the same recogniser makes of real people, whose words nobody doubts; none where there are no recordings."""
    utterances = mandarin() if language == "zh-CN" else english(settings.pbx_root)
    pairs = [
        (utterance.text, ear.hear_call(numpy.frombuffer(utterance.pcm, dtype="<i2") / 32768, language))
        for utterance in utterances
    ]
    if not pairs:
        return []
    target = f"{len(pairs)} utterances of real people"
    return [Result(f"voice.{FOLDERS[language]}.people.cer", rate(pairs, language), "%", None, None, target, COMMAND)]


def poorest(sentences: Sequence[Sentence], pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[float, int]]:
    """The pieces of values whose sentences are understood worst: the error rate of these, and their number."""
    heard: dict[str, list[tuple[str, str]]] = {}
    for sentence, pair in zip(sentences, pairs, strict=True):
        for sound in dict.fromkeys(sentence.sounds):
            if "/say/" in sound and not sound.endswith(f"/{PAUSE}"):
                heard.setdefault(sound.partition("/say/")[2], []).append(pair)
    language = sentences[0].language
    rates = {piece: (rate(own, language), len(own)) for piece, own in heard.items()}
    poor = sorted((piece for piece in rates if rates[piece][0] > LIMIT), key=lambda piece: -rates[piece][0])
    return {piece: rates[piece] for piece in poor[:POOREST]}


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


def espeak_rate(sentences: Sequence[Sentence], ear: Ear, program: tuple[str, ...]) -> float | None:
    """The error rate of the same words by espeak-ng; None where it is not installed."""
    if not program:
        return None
    pairs = []
    for sentence in sentences[:: max(1, len(sentences) // ESPEAK_SAMPLE)]:
        try:
            sound, samplerate = read_sound(spoken(Prompt(sentence.name, sentence.language, sentence.text), program))
        except VoiceFailed:
            return None
        pairs.append((sentence.text, ear.hear(sound, samplerate, sentence.language)))
    return rate(pairs, sentences[0].language)


def espeak_of(settings: Settings) -> tuple[str, ...]:
    """The command line of espeak-ng: that of CC_BENCH_ESPEAK, the installed one, or none."""
    if given := os.environ.get("CC_BENCH_ESPEAK"):
        return (given,)
    try:
        return tuple(Tree(settings.pbx_root).program("espeak-ng"))
    except NotInstalled:
        return ()
