"""Lays presence, after-call work, rings and conversations over each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from callcenter.calls.model import CallRecord, Offer


class SpanState(StrEnum):
    SIGNED_OUT = "signed_out"
    AVAILABLE = "available"
    PAUSED = "paused"
    RINGING = "ringing"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """A state from `start` until just before `end`; `by` is the login of who set a presence."""

    start: datetime
    end: datetime
    state: SpanState
    reason: str = ""
    by: str = ""
    call: str | None = None
    outcome: str = ""

    @property
    def label(self) -> tuple[str, str, str, str | None, str]:
        return self.state, self.reason, self.by, self.call, self.outcome


@dataclass(frozen=True, slots=True)
class Change:
    """A presence that begins."""

    at: datetime
    state: SpanState
    reason: str = ""
    by: str = ""


def presences(changes: Sequence[Change], start: datetime, end: datetime) -> list[Span]:
    """The presence of each instant; unknown before the first one that is known."""
    known = [Change(start, SpanState.UNKNOWN), *(change for change in changes if change.at < end)]
    bounds = [max(change.at, start) for change in known[1:]]
    return [
        Span(since, until, change.state, change.reason, change.by)
        for change, since, until in zip(known, [start, *bounds], [*bounds, end], strict=True)
        if since < until
    ]


def rings(agent: str, offers: Iterable[tuple[str, Offer]]) -> list[Span]:
    """The rings of the agent's phone whose end is known."""
    return [
        Span(
            offer.ringing_at or offer.offered_at,
            offer.ended_at,
            SpanState.RINGING,
            call=call,
            outcome=offer.outcome or "",
        )
        for call, offer in offers
        if offer.agent == agent and offer.ended_at is not None
    ]


def talks(agent: str, calls: Iterable[CallRecord]) -> list[Span]:
    """The agent's part in conversations, from the legs of the records; up to the last sign where nobody saw the end."""
    spans = []
    for call in calls:
        for leg in call.legs:
            if leg.agent != agent or leg.answered_at is None:
                continue
            end = leg.ended_at or call.ended_at
            if end is not None:
                spans.append(Span(leg.answered_at, end, SpanState.ON_CALL, call=call.id))
    return spans


def wrap_ups(
    rows: Iterable[tuple[datetime, datetime | None]], later: Sequence[datetime], now: Span | None
) -> list[Span]:
    """After-call work; where its end was not seen, the time up to the next known state is unknown.

    `later` are the instants of what is known, in order; `now` is the state of this moment.
    """
    spans = []
    for began, ended in rows:
        if ended is not None:
            spans.append(Span(began, ended, SpanState.WRAP_UP))
        elif now is not None and now.state is SpanState.WRAP_UP and now.start == began:
            spans.append(Span(began, now.end, SpanState.WRAP_UP))
        else:
            following = next((at for at in later if at > began), began)
            spans.append(Span(began, following, SpanState.UNKNOWN))
    return spans


def line_of(start: datetime, end: datetime, layers: Sequence[Iterable[Span]]) -> list[Span]:
    """Spans that cover the time without a gap, in order: of two at one instant, that of the later layer counts."""
    inside = [
        [replace(span, start=max(span.start, start), end=min(span.end, end)) for span in layer] for layer in layers
    ]
    ordered = [[span for span in layer if span.start < span.end] for layer in inside]
    edges = sorted({start, end, *(edge for layer in ordered for span in layer for edge in (span.start, span.end))})
    line: list[Span] = []
    for since, until in pairwise(edges):
        there = [span for layer in ordered for span in layer if span.start <= since and until <= span.end]
        top = replace(there[-1], start=since, end=until) if there else Span(since, until, SpanState.UNKNOWN)
        if line and line[-1].label == top.label:
            line[-1] = replace(line[-1], end=until)
        else:
            line.append(top)
    return line
