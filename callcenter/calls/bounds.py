"""When a call began and ended, and by which witness. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from callcenter.asterisk.cel import CelRow
from callcenter.calls.endings import Pbx, requested, stopping
from callcenter.calls.sources import Sources, Witness
from callcenter.facts import Linkedid, Uniqueid


@dataclass(frozen=True, slots=True)
class Start:
    """The caller's side at its start; `seen` is False where CEL lost the beginning."""

    caller: Uniqueid
    at: datetime
    row: CelRow | None
    seen: bool


@dataclass(frozen=True, slots=True)
class End:
    at: datetime
    known: bool
    pbx: Pbx


def start_of(cel: Sequence[CelRow], sources: Sources) -> Start:
    """Return the start; Asterisk names a call after its first channel, whose name holds the second of its creation."""
    own = [row for row in cel if row.uniqueid == sources.linkedid]
    born = next((row for row in own if row.event == "CHAN_START"), None)
    if born is not None:
        return Start(born.uniqueid, born.at, born, True)
    live = sources.live.record.arrived_at if sources.live else None
    at = min(live or second_of(sources.linkedid) or cel[0].at, cel[0].at)
    return Start(sources.linkedid, at, own[0] if own else None, False)


def second_of(linkedid: Linkedid) -> datetime | None:
    """`pbx1-1795459877.2` was created in second 1795459877 of the epoch.

    None for a name that Asterisk did not generate.
    """
    second = linkedid.rpartition("-")[2].partition(".")[0]
    plausible = second.isascii() and second.isdigit() and len(second) == 10
    return datetime.fromtimestamp(int(second), UTC) if plausible else None


def end_of(cel: Sequence[CelRow], sources: Sources, start: Start, witnesses: Sequence[Witness]) -> End | None:
    """When the call ended and by which witness; None while it may still live."""
    last = cel[-1].at
    seen = [*sources.last_seen, last]
    # CEL writes LINKEDID_END when the last channel of a linkedid has ended or moved to another linkedid (main/cel.c:
    # check_retire_linkedid). So it also ends a consultation that an attended transfer merges into the customer's call.
    closed = next((row.at for row in reversed(cel) if row.event == "LINKEDID_END"), None)
    again = min((at for at in sources.starts if at > start.at), default=None)
    # A snapshot that was taken before the last CEL row proves nothing: the call was seen after it.
    gone = any(witness.kind == "gone" and witness.at > last for witness in witnesses)
    if closed is None and again is None and not gone:
        return None
    source = requested(cel, start.caller)
    if closed is not None or source is not None:
        at = closed or last
        stopped = source == "" and stopping(at, sources.starts, sources.stops, seen)
        return End(at, True, Pbx.STOPPED if stopped else Pbx.ALIVE)
    live = sources.live.record if sources.live else None
    if live is not None and live.ended_at is not None and live.end_known:
        return End(max(live.ended_at, last), True, Pbx.UNSEEN)
    # No channel survives its Asterisk: a later start ends the call at the last time that the old one was seen.
    if again is not None:
        return End(max([at for at in seen if at <= again], default=last), False, Pbx.DIED)
    return End(last, False, Pbx.UNSEEN)
