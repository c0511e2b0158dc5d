"""Parses the dialplan's toll events: refused calls and exceeded thresholds. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcenter.asterisk.cel import CelRow
from callcenter.facts import Linkedid

MARK: Final = b'"cc_toll"'
"""The marker of a toll event in a line of CEL."""
_EVENT: Final = "cc_toll"
KINDS: Final = ("refused", "alarm", "stop")


@dataclass(frozen=True, slots=True)
class TollEvent:
    """`reason` is class, signed_out, at_once_*, minutes_* or emergency for a refusal, else the scope of a threshold."""

    at: datetime
    linkedid: Linkedid
    kind: str
    reason: str
    dial_class: str
    phone: str
    agent: str
    number: str


def toll_event(row: CelRow) -> TollEvent | None:
    """Return the event in a row; the dialplan writes `kind:reason:class:phone:agent:number`."""
    if row.user_event != _EVENT:
        return None
    kind, reason, dial_class, phone, agent, number, *_ = [*row.extra.get("extra", "").split(":"), *[""] * 6]
    if kind not in KINDS:
        return None
    return TollEvent(row.at, row.linkedid, kind, reason[:40], dial_class[:20], phone[:20], agent[:20], number[:40])
