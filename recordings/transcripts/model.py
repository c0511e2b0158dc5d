"""Defines transcripts: states, words, segments, and the merging of two channels into one timeline. Pure values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from callcenter.calls.model import CallRecord, Direction
from callcenter.calls.record import TRUNK
from callcenter.calls.transfers import phone_of
from callcenter.errors import IllegalTransition

CALLER = "caller"
AGENT = "agent"
CHANNELS = (CALLER, AGENT)
"""`caller` is the customer's side of the recording, `agent` the centre's side, also on outbound calls."""


class TranscriptState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"
    """No engine or no model, so nothing was attempted; `retry` queues it once there is one."""


class TranscriptEvent(StrEnum):
    START = "start"
    REST = "rest"
    FINISH = "finish"
    FAIL = "fail"
    MISS = "miss"
    RETRY = "retry"


TRANSITIONS: Mapping[TranscriptState, Mapping[TranscriptEvent, TranscriptState]] = {
    TranscriptState.QUEUED: {
        TranscriptEvent.START: TranscriptState.RUNNING,
        TranscriptEvent.MISS: TranscriptState.UNAVAILABLE,
    },
    TranscriptState.RUNNING: {
        # A worker that died left it running; the next one picks it up.
        TranscriptEvent.START: TranscriptState.RUNNING,
        TranscriptEvent.REST: TranscriptState.QUEUED,
        TranscriptEvent.FINISH: TranscriptState.DONE,
        TranscriptEvent.FAIL: TranscriptState.FAILED,
        TranscriptEvent.MISS: TranscriptState.UNAVAILABLE,
    },
    TranscriptState.DONE: {},
    TranscriptState.FAILED: {TranscriptEvent.RETRY: TranscriptState.QUEUED},
    TranscriptState.UNAVAILABLE: {TranscriptEvent.RETRY: TranscriptState.QUEUED},
}


def after(state: TranscriptState, event: TranscriptEvent) -> TranscriptState:
    """The state after an event. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransition("transcript", state, event, TRANSITIONS[state]) from None


@dataclass(frozen=True, slots=True)
class Word:
    """Seconds from the start of the recording; `confidence` from 0 to 1."""

    start: float
    end: float
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech on one channel; `confidence` is None when the engine reports none."""

    start: float
    end: float
    text: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    """An engine's result for one channel."""

    text: str
    segments: tuple[Segment, ...]
    engine: str
    model: str
    language: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """A segment in the call's timeline; `agent` is the number of the agent speaking, if known."""

    start: float
    end: float
    speaker: str
    agent: str | None
    text: str
    confidence: float | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """From this instant on, this agent is on the agent's side of the call."""

    since: datetime
    agent: str


def turns_of(call: CallRecord, owner: Callable[[str], str | None] = lambda phone: phone) -> tuple[Turn, ...]:
    """Which agents were on the agent's side, and from when; `owner` maps a phone to its agent.

    After a blind transfer the colleague speaks from their answer on. In an attended transfer they were consulted first,
    which the customer did not hear, so they speak from the transfer on.
    """
    offered = {offer.leg: offer.agent for offer in call.offers}
    consulted = [transfer for transfer in call.transfers if transfer.kind == "attended"]
    # The consultation was a separate call, so the leg here has no answer: the transfer itself gives the time.
    turns = [
        Turn(consultation.at, agent) for consultation in consulted if (agent := owner(consultation.target)) is not None
    ]
    for leg in call.legs:
        phone = phone_of(leg.channel)
        ours = not leg.channel.startswith(TRUNK) and (leg.party != "caller" or call.direction is Direction.OUTBOUND)
        agent = offered.get(leg.uniqueid) or owner(phone)
        if (
            ours
            and leg.answered_at is not None
            and agent is not None
            and phone not in {consultation.target for consultation in consulted}
        ):
            turns.append(Turn(leg.answered_at, agent))
    if not turns and call.agent is not None:
        turns.append(Turn(call.answered_at or call.arrived_at, call.agent))
    return tuple(sorted(turns, key=lambda turn: turn.since))


def agent_at(turns: Sequence[Turn], at: datetime) -> str | None:
    """The agent speaking at an instant; before the first turn the first agent, because two sources' clocks differ."""
    begun = [turn.agent for turn in turns if turn.since <= at]
    return begun[-1] if begun else turns[0].agent if turns else None


def merge(
    channels: Mapping[str, Iterable[Segment]], turns: Sequence[Turn], started_at: datetime
) -> tuple[Utterance, ...]:
    """Merge both channels into a timeline ordered by start; `started_at` is the instant of the recording's second 0."""
    utterances = [
        Utterance(
            round(segment.start, 2),
            round(segment.end, 2),
            channel,
            # The middle of the segment: a word's edge may be slightly before the instant of a transfer.
            agent_at(turns, started_at + timedelta(seconds=(segment.start + segment.end) / 2))
            if channel == AGENT
            else None,
            segment.text,
            segment.confidence,
            segment.words,
        )
        for channel, segments in channels.items()
        for segment in segments
    ]
    return tuple(sorted(utterances, key=lambda utterance: (utterance.start, utterance.end, utterance.speaker)))


def plain(utterances: Iterable[Utterance]) -> str:
    """The words alone, one utterance per line: the text that is searched."""
    return "\n".join(utterance.text for utterance in utterances)


def digest(utterances: Sequence[Utterance]) -> str:
    """SHA-256 of the transcript's content, independent of process and database."""
    dicts = [asdict(utterance) for utterance in utterances]
    return hashlib.sha256(json.dumps(dicts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def utterance_of(data: Mapping[str, Any]) -> Utterance:
    """Parse the output of `asdict`."""
    words = tuple(Word(**word) for word in data.get("words", ()))
    return Utterance(**{**data, "words": words})


def segment_of(data: Mapping[str, Any]) -> Segment:
    """Parse the output of `asdict`."""
    words = tuple(Word(**word) for word in data.get("words", ()))
    return Segment(**{**data, "words": words})
