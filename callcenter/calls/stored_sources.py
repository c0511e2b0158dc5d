"""What is stored about calls, before a record is built from it: the PBX's files, and what the live floor saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.asterisk import cel, queue_log
from callcenter.calls import record
from callcenter.calls.endings import CUT_OFF, STOPPING
from callcenter.calls.model import CallRecord, call_id
from callcenter.calls.rows import CallLiveRow, CallRow, CelEventRow, PbxSeenRow, QueueEventRow, WitnessRow
from callcenter.facts import Linkedid, linkedid_of
from callcenter.kit.turns_of_the_loop import by_turns
from callcenter.storage.hints import mostly

CALL: Final = TypeAdapter(CallRecord)
READ_AT_ONCE: Final = 100
"""Lines, of which most are parsed already, that take about two milliseconds."""


async def sources(session: AsyncSession, pbx: str, linkedids: Sequence[Linkedid]) -> list[record.Sources]:
    """Return everything stored about these calls."""
    events: dict[Linkedid, list[cel.CelRow]] = {linkedid: [] for linkedid in linkedids}
    queued: dict[Linkedid, list[queue_log.QueueRow]] = {linkedid: [] for linkedid in linkedids}
    seen: dict[Linkedid, list[record.Witness]] = {linkedid: [] for linkedid in linkedids}
    cel_lines = select(CelEventRow.linkedid, CelEventRow.line).where(
        CelEventRow.pbx == pbx, CelEventRow.linkedid.in_(linkedids)
    )
    async for linkedid, line in by_turns(await session.execute(cel_lines), READ_AT_ONCE):
        if (row := cel.parse(line.encode())) is not None:
            events[linkedid].append(row)
    queue_lines = select(QueueEventRow.callid, QueueEventRow.line).where(
        QueueEventRow.pbx == pbx, QueueEventRow.callid.in_(linkedids)
    )
    for callid, line in await session.execute(queue_lines):
        if (logged := queue_log.parse(line.encode())) is not None:
            queued[linkedid_of(callid)].append(logged)
    witnesses = select(WitnessRow.linkedid, WitnessRow.leg, WitnessRow.kind, WitnessRow.at).where(
        WitnessRow.pbx == pbx, WitnessRow.linkedid.in_(linkedids)
    )
    for linkedid, leg, kind, at in await session.execute(witnesses):
        seen[linkedid].append(record.Witness(leg, kind, at))
    starts = select(QueueEventRow.at).where(QueueEventRow.pbx == pbx, QueueEventRow.event == "QUEUESTART")
    began = sorted(await session.scalars(starts))
    first = {linkedid: min(row.at for row in rows) for linkedid, rows in events.items() if rows}
    last = [await last_seen(session, pbx, start) for start in _next_starts(first.values(), began)]
    stops = list(await session.scalars(_stops(pbx, min(first.values())))) if first else []
    live = await _live(session, pbx, linkedids)
    return [
        record.Sources(
            pbx=pbx,
            linkedid=linkedid,
            cel=events[linkedid],
            queue=queued[linkedid],
            witnesses=seen[linkedid],
            starts=began,
            stops=stops,
            last_seen=[at for at in last if at is not None],
            live=live.get(linkedid),
        )
        for linkedid in linkedids
    ]


def _next_starts(births: Iterable[datetime], starts: Sequence[datetime]) -> set[datetime]:
    """Return the first starts after any of these calls; there is almost always none."""
    return {next(at for at in starts if at > birth) for birth in births if starts and starts[-1] > birth}


async def last_seen(session: AsyncSession, pbx: str, start: datetime) -> datetime | None:
    """When any witness last saw Asterisk alive before this start of it."""
    cel_at = select(func.max(CelEventRow.at)).where(mostly(CelEventRow.pbx == pbx), CelEventRow.at < start)
    logged = QueueEventRow.event != "QUEUESTART"
    queue_at = select(func.max(QueueEventRow.at)).where(
        mostly(QueueEventRow.pbx == pbx), QueueEventRow.at < start, logged
    )
    ami_at = select(func.max(PbxSeenRow.at)).where(PbxSeenRow.pbx == pbx, PbxSeenRow.at <= start)
    row = [await session.scalar(query) for query in (cel_at, queue_at, ami_at)]
    return max((at for at in row if at is not None), default=None)


def _stops(pbx: str, since: datetime) -> Select[datetime]:
    return select(PbxSeenRow.at).where(PbxSeenRow.pbx == pbx, PbxSeenRow.kind == "stopped", PbxSeenRow.at >= since)


async def cut_off_before(session: AsyncSession, pbx: str, end: datetime) -> set[Linkedid]:
    """Return ended calls that no one hung up, just before this end of Asterisk: it may have ended them itself."""
    query = select(CallRow.linkedid).where(
        mostly(CallRow.pbx == pbx),
        CallRow.arrived_at > end - timedelta(days=1),
        CallRow.arrived_at <= end,
        CallRow.final,
        CallRow.reason == CUT_OFF,
        CallRow.ended_at >= end - 2 * STOPPING,
    )
    return set(await session.scalars(query))


async def _live(session: AsyncSession, pbx: str, linkedids: Sequence[Linkedid]) -> dict[Linkedid, record.Live]:
    """Return what the live floor saw of these calls."""
    names = [call_id(pbx, linkedid) for linkedid in linkedids]
    rows = await session.scalars(select(CallLiveRow).where(CallLiveRow.id.in_(names)))
    return {row.linkedid: record.Live(CALL.validate_python(row.record), row.whole) for row in rows}
