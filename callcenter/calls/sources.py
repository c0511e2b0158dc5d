"""What a call's record is built from, and the rules that it is judged by. Pure values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls import ring
from callcenter.calls.model import CallRecord


@dataclass(frozen=True, slots=True)
class Witness:
    """What AMI saw and the files do not tell; `kind` is ringing, held, resumed or gone (not in a snapshot)."""

    leg: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Live:
    """The call as the live floor saw it; `whole` when the link to AMI stood from the call's first event to its last."""

    record: CallRecord
    whole: bool


@dataclass(frozen=True, slots=True)
class Sources:
    pbx: str
    linkedid: str
    cel: Sequence[CelRow]
    queue: Sequence[QueueRow] = ()
    witnesses: Sequence[Witness] = ()
    starts: Sequence[datetime] = ()
    """When Asterisk began again (QUEUESTART)."""
    stops: Sequence[datetime] = ()
    """When Asterisk announced its own end (AMI Shutdown)."""
    last_seen: Sequence[datetime] = ()
    """The last instants before each of its starts at which any witness saw Asterisk alive."""
    live: Live | None = None


@dataclass(frozen=True, slots=True)
class LineRule:
    limit: int
    cadence: ring.Cadence
    hears_ring: bool = True
    """Whether a caller who waits hears ringing; else music, of which R1 counts nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """R1 as it was in force: how many rings are allowed and how they sound."""

    limit: int
    cadence: ring.Cadence
    lines: Mapping[str, LineRule] = field(default_factory=dict)
    """Lines whose ring limit or cadence differ from the centre's."""
    hears_ring: bool = True

    def for_line(self, line: str | None) -> Rules:
        """The rules as they are for one line; the house's own where the line has none."""
        own = self.lines.get(line or "")
        if own is None:
            return self
        return replace(self, limit=own.limit, cadence=own.cadence, hears_ring=own.hears_ring)


def line_of(cel: Iterable[CelRow]) -> str | None:
    """The line that the dialplan wrote on the call as its account code."""
    return next((row.account for row in sorted(cel, key=lambda row: row.at) if row.account), None)


@dataclass(frozen=True, slots=True)
class Built:
    """`final` is False while the files may still have more."""

    record: CallRecord
    final: bool
