"""Composes the conversations of the demo's recorded calls from the Mandarin in `voices/`, as sound and as text.

Pure: values and samples in, values and samples out. The people of the corpus read sentences of the news; what a
recording needs is that two voices take turns, are heard on their own channels, and can be found by their words.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callcenter.demo.sipp import linear_of

RATE: Final = 8000
BREATH: Final = (0.4, 1.4)
"""Seconds between two turns."""
FOLDER: Final = Path(__file__).parent / "voices"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a voice's file in seconds; `text` is empty where its words are not known."""

    start: float
    end: float
    text: str = ""

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Turn:
    """A sentence that one party speaks at this second of the call."""

    party: str
    voice: str
    sentence: Sentence
    start: float

    @property
    def end(self) -> float:
        return self.start + self.sentence.seconds


VOICES: Final[Mapping[str, tuple[Sentence, ...]]] = {
    "woman-1": (
        Sentence(0.45, 4.5, "对比这个指标看中国目前的情况"),
        Sentence(5.8, 11.4, "已经成为当前房地产市场的接盘侠"),
    ),
    "woman-2": (Sentence(0.35, 4.1, "在发放渠道中也容易出现流失"), Sentence(4.95, 8.45), Sentence(9.45, 13.0)),
    "man-1": (Sentence(0.0, 4.2), Sentence(5.0, 7.85), Sentence(9.2, 13.0, "相关公司股票走势万科A保利地产")),
    "man-2": (
        Sentence(0.35, 4.35, "将相关事项由事前审批改为事后报告"),
        Sentence(5.6, 9.8, "继续深入探索并有效发挥这一行业制度优势"),
        Sentence(11.15, 13.0, "研究者现在还想要"),
    ),
}
"""Cut at the pauses; the texts are Whisper's (base) with evident homophones corrected."""


def conversation(chance: random.Random, agent: str, caller: str, seconds: float) -> list[Turn]:
    """Turns of two voices, the agent's first, for as long as a whole sentence fits."""
    turns: list[Turn] = []
    sources = [("agent", agent, _in_turn(agent)), ("caller", caller, _in_turn(caller))]
    at = chance.uniform(*BREATH)
    while True:
        party, voice, sentences = sources[len(turns) % 2]
        sentence = next(sentences)
        if at + sentence.seconds > seconds:
            return turns
        turns.append(Turn(party, voice, sentence, at))
        at += sentence.seconds + chance.uniform(*BREATH)


def _in_turn(voice: str) -> Iterator[Sentence]:
    while True:
        yield from VOICES[voice]


def track(turns: Sequence[Turn], party: str, seconds: float) -> bytes:
    """One party's channel: 16-bit little-endian samples at 8000 Hz, silent while the other one speaks."""
    samples = bytearray(2 * round(seconds * RATE))
    for turn in turns:
        if turn.party == party:
            sound = _cut(turn.voice, turn.sentence)
            place = 2 * round(turn.start * RATE)
            samples[place : place + len(sound)] = sound
    return bytes(samples)


def _cut(voice: str, sentence: Sentence) -> bytes:
    data = (FOLDER / f"{voice}.al").read_bytes()
    return linear_of(data[round(sentence.start * RATE) : round(sentence.end * RATE)])
