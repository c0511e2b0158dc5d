"""Defines the sources of a call's record. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.model import CallRecord
from callcenter.facts import Linkedid, Uniqueid


@dataclass(frozen=True, slots=True)
class Witness:
    """What AMI saw and the files do not contain; `kind` is ringing, held, resumed or gone (not in a snapshot)."""

    leg: Uniqueid
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """The call as the live floor saw it.

    `whole` when the link to AMI was up from the call's first event to its last.
    """

    record: CallRecord
    whole: bool


@dataclass(frozen=True, slots=True)
class Sources:
    pbx: str
    linkedid: Linkedid
    cel: Sequence[CelRow]
    queue: Sequence[QueueRow] = ()
    witnesses: Sequence[Witness] = ()
    starts: Sequence[datetime] = ()
    """When Asterisk started again (QUEUESTART)."""
    stops: Sequence[datetime] = ()
    """When Asterisk announced its own end (AMI Shutdown)."""
    last_seen: Sequence[datetime] = ()
    """The last instants before each of its starts at which any witness saw Asterisk alive."""
    live: Live | None = None


def line_of(cel: Iterable[CelRow]) -> str | None:
    """Return the line that the dialplan wrote on the call as its account code."""
    return next((row.account for row in sorted(cel, key=lambda row: row.at) if row.account), None)


@dataclass(frozen=True, slots=True)
class Built:
    """`final` is False while the files may still have more."""

    record: CallRecord
    final: bool
