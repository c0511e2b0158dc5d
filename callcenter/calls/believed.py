"""Decides which rows of queue_log count. Pure.

A row is one line of text, and an unfiltered number could have forged one (a PBX rendered before numbers were filtered,
a custom dialplan). So a row counts only where CEL, whose rows cannot be forged, has its call and its member at that
time. A CEL that lost rows contradicts nothing: then the log is the better witness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.facts import Uniqueid

SLACK: Final = timedelta(seconds=2)
"""queue_log has whole seconds, and a row is written a moment after its event."""
_MISSED: Final = frozenset({"RINGNOANSWER", "RINGCANCELED"})
_NO_AGENT: Final = frozenset({"", "NONE"})
Life = tuple[datetime, datetime | None]


def believed(queue: Sequence[QueueRow], cel: Sequence[CelRow], caller: Uniqueid) -> list[QueueRow]:
    """Return the rows, sorted by time, that CEL confirms."""
    if not intact(cel, caller):
        return [*queue]
    lives = _lives(cel)
    call = (min(row.at for row in cel), max(row.at for row in cel))
    connects = [row for row in queue if row.event == "CONNECT" and _on_the_leg(row, lives)]
    return [
        row
        for row in queue
        if _within(row.at, call) and (row.agent in _NO_AGENT or _known(row, lives, caller, connects))
    ]


def intact(cel: Sequence[CelRow], caller: Uniqueid) -> bool:
    """Whether CEL holds the call from beginning to end: each channel's life, each bridge stay to its end."""
    if not any(row.event == "LINKEDID_END" for row in cel):
        return False
    counts = Counter((row.uniqueid, row.event) for row in cel)
    legs = {row.uniqueid for row in cel}
    pairs = (("CHAN_START", "CHAN_END"), ("APP_START", "APP_END"), ("BRIDGE_ENTER", "BRIDGE_EXIT"))
    even = all(counts[leg, begin] == counts[leg, end] for leg in legs for begin, end in pairs)
    whole = caller in legs and all(counts[leg, "CHAN_START"] and counts[leg, "HANGUP"] for leg in legs)
    peers = {peer for row in cel for peer in row.peer.split(",") if peer}
    return even and whole and peers <= {row.channel for row in cel}


def _known(row: QueueRow, lives: dict[str, Life], caller: Uniqueid, connects: Sequence[QueueRow]) -> bool:
    """Whether the member was on the call: by their leg when connecting, by that connection afterwards."""
    if row.event == "CONNECT":
        return row in connects
    if row.event in _MISSED:
        return any(_within(row.at, life) for leg, life in lives.items() if leg != caller)
    return any(
        connect.agent == row.agent and connect.queue == row.queue and connect.at <= row.at for connect in connects
    )


def _on_the_leg(row: QueueRow, lives: dict[str, Life]) -> bool:
    """CONNECT's second datum names the member's channel."""
    leg = lives.get(row.datum(1))
    return leg is not None and _within(row.at, leg)


def _lives(cel: Sequence[CelRow]) -> dict[str, Life]:
    """Return each channel's start and end; None while its end is not known."""
    begun: dict[str, datetime] = {}
    over: dict[str, datetime] = {}
    for row in cel:
        begun[row.uniqueid] = min(row.at, begun.get(row.uniqueid, row.at))
        if row.event in ("HANGUP", "CHAN_END"):
            over[row.uniqueid] = max(row.at, over.get(row.uniqueid, row.at))
    return {leg: (at, over.get(leg)) for leg, at in begun.items()}


def _within(at: datetime, life: Life) -> bool:
    start, end = life
    return (start - at) <= SLACK and (end is None or (at - end) <= SLACK)
