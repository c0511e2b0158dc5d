"""Determines the sides of a call, whose legs are whose, and each talk time. Pure, from CEL.

A leg talks while its channel is in a bridge with the other side: with an external party, or, on a call between
colleagues, with anyone. So after a transfer each agent has their own seconds, and a consultation before it is a talk of
its own internal call. The `peer` of BRIDGE_ENTER names who is in the bridge already: an attended transfer writes some
channels' entries under the linkedid of the consultation (measured, Asterisk 22.10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.model import Leg
from callcenter.calls.transfers import phone_of

PHONES = frozenset({"cc-phones", "cc-outside"})
TRUNK = "PJSIP/trunk"
Stay = tuple[datetime, datetime | None]


def outside(channel: str) -> bool:
    """Whether a channel leads to an external party."""
    return channel.startswith(TRUNK)


def dialled_by(first: CelRow) -> str | None:
    """Return the phone that dialled this call itself; None for a call that began otherwise."""
    return phone_of(first.channel) if first.context in PHONES and not outside(first.channel) else None


def customer_of(legs: Iterable[Leg]) -> Leg | None:
    """On a call that began inside: the external leg that was answered, the last of several."""
    return next((leg for leg in reversed([*legs]) if outside(leg.channel) and leg.answered_at is not None), None)


def talks(cel: Sequence[CelRow], queue: Sequence[QueueRow], legs: Sequence[Leg], ended: datetime | None) -> list[Leg]:
    """Return the legs with their agents and seconds of talk.

    `ended` closes open intervals at the call's end; without it such a talk has an unknown length.
    """
    stays = _stays(cel, ended)
    named = {row.datum(1): row.agent for row in queue if row.event == "CONNECT"}
    abroad = {leg.channel for leg in legs if outside(leg.channel)}
    result = []
    for leg in legs:
        ours = leg.channel.startswith("PJSIP/") and leg.channel not in abroad
        others = {other.channel for other in legs} - {leg.channel}
        if abroad:
            others = others & abroad if ours else others - abroad
        agent = (named.get(leg.uniqueid) or phone_of(leg.channel)) if ours else None
        result.append(replace(leg, agent=agent, talk_seconds=_together(stays, leg.channel, others)))
    return result


@dataclass
class _Stays:
    """Who was in which bridge from when to when; an end of None is not known."""

    open: dict[tuple[str, str], datetime] = field(default_factory=dict)
    over: dict[tuple[str, str], list[Stay]] = field(default_factory=dict)

    def enter(self, bridge: str, channel: str, at: datetime) -> None:
        if channel:
            self.open.setdefault((bridge, channel), at)

    def leave(self, bridge: str, channel: str, at: datetime | None) -> None:
        start = self.open.pop((bridge, channel), None)
        if start is not None:
            self.over.setdefault((bridge, channel), []).append((start, at))


def _stays(cel: Sequence[CelRow], ended: datetime | None) -> Mapping[tuple[str, str], list[Stay]]:
    stays = _Stays()
    for row in sorted(cel, key=lambda row: row.at):
        bridge = row.extra.get("bridge_id", "")
        if row.event == "BRIDGE_ENTER":
            for channel in (row.channel, *row.peer.split(",")):
                stays.enter(bridge, channel, row.at)
        elif row.event == "BRIDGE_EXIT":
            stays.leave(bridge, row.channel, row.at)
        elif row.event in ("HANGUP", "CHAN_END"):
            for place in [key for key in stays.open if key[1] == row.channel]:
                stays.leave(*place, row.at)
    for place in list(stays.open):
        stays.leave(*place, ended)
    return stays.over


def _together(stays: Mapping[tuple[str, str], list[Stay]], channel: str, others: set[str]) -> float | None:
    """Seconds that a channel shared a bridge with any of the others; None when it never did, or it is unknown."""
    shared: list[Stay] = []
    for (bridge, name), mine in stays.items():
        if name != channel:
            continue
        theirs = [stay for other in others for stay in stays.get((bridge, other), [])]
        shared += [both for first in mine for two in theirs if (both := _overlap(first, two)) is not None]
    if not shared or any(end is None for _, end in shared):
        return None
    return round(_length(sorted((start, end) for start, end in shared if end is not None)), 3)


def _overlap(stay: Stay, two: Stay) -> Stay | None:
    start = max(stay[0], two[0])
    ends = [end for end in (stay[1], two[1]) if end is not None]
    end = min(ends) if ends else None
    if end is not None and end <= start:
        return None
    return start, end


def _length(spans: Sequence[tuple[datetime, datetime]]) -> float:
    """Seconds of the union of spans that are sorted by their start."""
    total, reached = 0.0, spans[0][0]
    for start, end in spans:
        total += max(0.0, (end - max(start, reached)).total_seconds())
        reached = max(reached, end)
    return total
