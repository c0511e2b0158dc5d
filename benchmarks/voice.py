"""Measures whether callers understand the prompts: Whisper base hears each through a telephone band, beside espeak-ng.

Every prompt that comes with the software, with example values in it, and sentences composed of recorded pieces, as
Asterisk plays them one after another. The figure is the character error rate; numbers count as people read them.
Real people are heard with the same settings, which the output names: the recogniser's own errors are in every figure.
`voice.zh`, `voice.zh.composed` and the like run a part. One core hears about thirty sentences a minute.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy
import typer

from benchmarks.result import Result
from benchmarks.speech import english, mandarin
from benchmarks.voice_ear import OPTIONS, TELEPHONE, Ear
from benchmarks.voice_errors import rate
from benchmarks.voice_sentences import SENTENCES, Sentence, played
from callcenter.asterisk.install import NotInstalled, Tree
from callcenter.settings import Settings
from ivr.prompts.espeak import VoiceFailed, spoken
from ivr.prompts.files import read_sound
from ivr.prompts.pieces import PAUSE
from ivr.prompts.texts import FOLDERS, Prompt

COMMAND: Final = "make bench ONLY=voice"
PEOPLE: Final = "people"
PARTS: Final = tuple(f"voice.{folder}.{kind}" for folder in FOLDERS.values() for kind in (*SENTENCES, PEOPLE))
LIMIT: Final = 15.0
TARGET: Final = "CER at most 15 %"
POOREST: Final = 12
"""Pieces that are listed with the sentences they are in."""
ESPEAK_SAMPLE: Final = 6
"""Sentences of each kind that espeak-ng speaks too, at most."""
ESPEAK_SECONDS: Final = 40.0
"""Time after which no further sentence of espeak-ng is begun: the recogniser can take half a minute over each, because
it decodes what it cannot follow again and again."""
PEOPLE_SAMPLE: Final = 24
PROGRESS: Final = 10
"""Sentences between two lines of progress."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Bench:
    """The recogniser, and the command line of espeak-ng, which is empty where there is none."""

    ear: Ear
    espeak: tuple[str, ...]


def run(name: str) -> list[Result]:
    settings = Settings()
    model = settings.model_home / "whisper-base"
    if not model.is_dir():
        raise ModuleNotFoundError("a model", name="a speech model: callcenter transcripts install")
    bench = Bench(Ear(model), espeak_of(settings))
    typer.echo(f"recogniser: {model.name}, {', '.join(f'{name} {value}' for name, value in OPTIONS.items())}", err=True)
    results: list[Result] = []
    for language, folder in FOLDERS.items():
        if included(f"voice.{folder}.{PEOPLE}", name):
            results += people(language, bench, settings)
        for kind, sentences in SENTENCES.items():
            if included(part := f"voice.{folder}.{kind}", name):
                results += measured(part, sentences(language), bench)
    return results


def included(part: str, name: str) -> bool:
    """Whether the named benchmark has this part."""
    return f"{part}.".startswith(f"{name}.")


def measured(name: str, sentences: Sequence[Sentence], bench: Bench) -> list[Result]:
    language, pairs = sentences[0].language, []
    for sentence in progress(name, sentences):
        pair = (sentence.text, bench.ear.hear(played(sentence), TELEPHONE, language))
        pairs.append(pair)
        if (own := rate([pair], language)) > LIMIT:
            typer.echo(f"{name}.{sentence.name}: {own:.0f} %: {pair[0]} | {pair[1]}", err=True)
    for piece, (own, times) in poorest(sentences, pairs).items():
        typer.echo(f"{name}: {piece}: {own:.0f} % in {times} sentences", err=True)
    poor = sum(rate([pair], language) > LIMIT for pair in pairs)
    ours, theirs = rate(pairs, language), espeak_rate(f"{name}.espeak", sentences, bench)
    ratio = ours / theirs if theirs else None
    return [
        Result(f"{name}.cer", ours, "%", theirs, ratio, TARGET, COMMAND, LIMIT),
        Result(f"{name}.poor", poor, f"of {len(pairs)}", None, None, "sentences above 15 %", COMMAND),
    ]


def progress(name: str, items: Sequence[Item]) -> Iterator[Item]:
    """The items, with a line of progress after some of them."""
    begun = time.monotonic()
    for number, item in enumerate(items, 1):
        yield item
        if number % PROGRESS == 0 or number == len(items):
            typer.echo(f"{name}: {number} of {len(items)} in {time.monotonic() - begun:.0f} s", err=True)


def people(language: str, bench: Bench, settings: Settings) -> list[Result]:
    """What the same recogniser makes of real people, whose words nobody doubts; none where there are no recordings."""
    name = f"voice.{FOLDERS[language]}.{PEOPLE}"
    utterances = mandarin() if language == "zh-CN" else english(settings.pbx_root)
    pairs = [
        (utterance.text, bench.ear.hear_call(numpy.frombuffer(utterance.pcm, dtype="<i2") / 32768, language))
        for utterance in progress(name, utterances[:PEOPLE_SAMPLE])
    ]
    if not pairs:
        return []
    target = f"{len(pairs)} utterances of real people, for comparison"
    return [Result(f"{name}.cer", rate(pairs, language), "%", None, None, target, COMMAND)]


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


def espeak_rate(name: str, sentences: Sequence[Sentence], bench: Bench) -> float | None:
    """The error rate of the same words by espeak-ng; None where it is not installed."""
    pairs: list[tuple[str, str]] = []
    begun = time.monotonic()
    for sentence in sentences[:: max(1, -(-len(sentences) // ESPEAK_SAMPLE))] if bench.espeak else ():
        if pairs and time.monotonic() - begun > ESPEAK_SECONDS:
            break
        try:
            sound, samplerate = read_sound(
                spoken(Prompt(sentence.name, sentence.language, sentence.text), bench.espeak)
            )
        except VoiceFailed:
            return None
        pairs.append((sentence.text, bench.ear.hear(sound, samplerate, sentence.language)))
    if not pairs:
        return None
    typer.echo(f"{name}: {len(pairs)} sentences in {time.monotonic() - begun:.0f} s", err=True)
    return rate(pairs, sentences[0].language)


def espeak_of(settings: Settings) -> tuple[str, ...]:
    """The command line of espeak-ng: that of CC_BENCH_ESPEAK, the installed one, or none."""
    if given := os.environ.get("CC_BENCH_ESPEAK"):
        return (given,)
    try:
        return tuple(Tree(settings.pbx_root).program("espeak-ng"))
    except NotInstalled:
        return ()
