"""Computes a conversation's figures from its two channels, with the seconds to listen to, never a verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final


class TalkState(StrEnum):
    DONE = "done"
    UNKNOWN = "unknown"
    """The audio cannot be assessed; the row has the reason."""


Span = tuple[float, float]
"""Start and end in seconds of the recording."""
MOST: Final = 200
"""How many places of one kind are listed; all are counted."""


@dataclass(frozen=True, slots=True)
class Limits:
    dead_air: float
    talk_over: float


@dataclass(frozen=True, slots=True)
class Over:
    """Overlapping speech; `by` is the party who came in, caller or agent."""

    start: float
    end: float
    by: str


@dataclass(frozen=True, slots=True)
class Talk:
    """`*_share` are shares of all speech, None when no one spoke; times in seconds.

    `first_word` is when the agent first speaks, None when they never do. `dead_air` holds stretches in which neither
    speaks while the caller was not on hold; the wait before the first word counts too.
    """

    seconds: float
    caller_seconds: float
    agent_seconds: float
    caller_share: float | None
    agent_share: float | None
    first_word: float | None
    longest_monologue: Span | None
    dead_air_seconds: float
    dead_air: tuple[Span, ...]
    talk_over_seconds: float
    talk_over: tuple[Over, ...]


def talk_of(
    caller: Sequence[Span], agent: Sequence[Span], seconds: float, holds: Sequence[Span], limits: Limits
) -> Talk:
    """The figures of a recording of `seconds` in which the two sides speak in these stretches."""
    spoke = {"caller": _length(caller), "agent": _length(agent)}
    both = spoke["caller"] + spoke["agent"]
    silences = _without(_gaps(union([*caller, *agent]), seconds), holds)
    dead = [span for span in silences if span[1] - span[0] >= limits.dead_air]
    over = [overlap for overlap in _overlaps(caller, agent) if overlap.end - overlap.start >= limits.talk_over]
    return Talk(
        seconds=round(seconds, 2),
        caller_seconds=round(spoke["caller"], 2),
        agent_seconds=round(spoke["agent"], 2),
        caller_share=round(spoke["caller"] / both, 4) if both else None,
        agent_share=round(spoke["agent"] / both, 4) if both else None,
        first_word=round(agent[0][0], 2) if agent else None,
        longest_monologue=_monologue(caller, agent),
        dead_air_seconds=round(_length(dead), 2),
        dead_air=tuple(_rounded(span) for span in dead[:MOST]),
        talk_over_seconds=round(sum(overlap.end - overlap.start for overlap in over), 2),
        talk_over=tuple(Over(round(overlap.start, 2), round(overlap.end, 2), overlap.by) for overlap in over[:MOST]),
    )


def plain(talk: Talk) -> dict[str, Any]:
    """The stored form."""
    return asdict(talk)


def talk_from(stored: Mapping[str, Any]) -> Talk:
    """Read the stored form."""
    longest = stored["longest_monologue"]
    values = {
        **stored,
        "longest_monologue": None if longest is None else (longest[0], longest[1]),
        "dead_air": tuple((start, end) for start, end in stored["dead_air"]),
        "talk_over": tuple(Over(**overlap) for overlap in stored["talk_over"]),
    }
    return Talk(**values)


def union(spans: Sequence[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _length(spans: Sequence[Span]) -> float:
    return sum(end - start for start, end in spans)


def _gaps(spans: Sequence[Span], seconds: float) -> list[Span]:
    edges = [0.0, *(edge for span in spans for edge in span), max(seconds, spans[-1][1] if spans else 0.0)]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start]


def _without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """The remaining stretches; one that a hold interrupts becomes two."""
    left = list(spans)
    for start, end in union(holes):
        cut: list[Span] = []
        for span in left:
            cut += [(span[0], min(span[1], start)), (max(span[0], end), span[1])]
        left = [span for span in cut if span[1] > span[0]]
    return left


def _overlaps(caller: Sequence[Span], agent: Sequence[Span]) -> list[Over]:
    overlaps = []
    for mine in agent:
        for theirs in caller:
            start, end = max(mine[0], theirs[0]), min(mine[1], theirs[1])
            if end > start:
                overlaps.append(Over(start, end, "agent" if mine[0] > theirs[0] else "caller"))
    return sorted(overlaps, key=lambda overlap: overlap.start)


def _monologue(caller: Sequence[Span], agent: Sequence[Span]) -> Span | None:
    """The longest stretch in which the agent speaks, pauses included, and the caller says nothing."""
    longest: Span | None = None
    run: Span | None = None
    turns = sorted([*((start, end, True) for start, end in agent), *((start, end, False) for start, end in caller)])
    for start, end, mine in turns:
        if not mine:
            run = None
            continue
        run = (run[0] if run else start, end)
        if longest is None or run[1] - run[0] > longest[1] - longest[0]:
            longest = run
    return None if longest is None else _rounded(longest)


def _rounded(span: Span) -> Span:
    return round(span[0], 2), round(span[1], 2)
