"""Converts records to rows and back, and rebuilds records from stored sources, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import record, ring
from callcenter.calls.model import (
    CallRecord,
    Direction,
    Hold,
    HungUpBy,
    Leg,
    Offer,
    OfferOutcome,
    Outcome,
    PathStep,
    Transfer,
    talk_of,
)
from callcenter.calls.reports.rollups.store import mark
from callcenter.calls.rows import (
    CallAgentRow,
    CallLiveRow,
    CallRow,
    OfferRow,
)
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.stored_sources import CALL, sources
from callcenter.facts import Linkedid
from callcenter.kit.turns_of_the_loop import by_turns
from callcenter.storage.upsert import upsert

_LEGS = TypeAdapter(tuple[Leg, ...])
_TRANSFERS = TypeAdapter(tuple[Transfer, ...])
_HOLDS = TypeAdapter(tuple[Hold, ...])
_PATH = TypeAdapter(tuple[PathStep, ...])
_OFFER = tuple(field.name for field in fields(Offer))
BUILT_AT_ONCE: Final = 10
"""Calls whose records are built in about two milliseconds."""
UNSEEN = {"synchronize_session": False}
"""For statements on rows that are not loaded in a session."""


async def rebuild(session: AsyncSession, pbx: str, linkedid: Linkedid, rules: RuleBook) -> record.Built | None:
    """Build one call from everything stored about it and save it; None while CEL has not mentioned it."""
    return next(iter(await rebuild_all(session, pbx, [linkedid], rules)), None)


async def rebuild_all(
    session: AsyncSession, pbx: str, linkedids: Iterable[Linkedid], rules: RuleBook
) -> list[record.Built]:
    """Build calls from everything stored about them and save them.

    The number of statements does not grow with the calls.

    The line's rules of the day stay in force for a call, whatever the settings become later.
    """
    built = []
    for some in _parts(sorted(linkedids)):
        rows = {row.linkedid: row for row in await session.scalars(_rows(pbx, some).with_for_update())}
        changes = []
        async for witnesses in by_turns(await sources(session, pbx, some), BUILT_AT_ONCE):
            row = rows.get(witnesses.linkedid)
            pinned = row is not None and row.line is not None
            in_force = _rules_of(row) if row is not None and pinned else rules.for_line(record.line_of(witnesses.cel))
            change = record.build(witnesses, in_force)
            if change is not None:
                source = "files" if witnesses.cel else "live"
                changes.append(Change(row, change.record, in_force, rules.policy_version, source, change.final))
                built.append(change)
        await save(session, changes)
    return built


def _parts(linkedids: Sequence[Linkedid], size: int = 200) -> Iterator[Sequence[Linkedid]]:
    """Split: SQLite limits the number of parameters in one statement."""
    return (linkedids[start : start + size] for start in range(0, len(linkedids), size))


def _rows(pbx: str, linkedids: Sequence[Linkedid]) -> Select[CallRow]:
    return select(CallRow).where(CallRow.pbx == pbx, CallRow.linkedid.in_(linkedids))


def _rules_of(row: CallRow) -> RingRules:
    return RingRules(row.ring_limit, ring.Cadence(row.ring_tone, row.ring_period))


async def keep_live(session: AsyncSession, calls: Iterable[CallRecord], whole: Collection[str]) -> None:
    """Store ended calls as the live floor saw them; a later version replaces an earlier one."""
    rows = [
        {
            "id": call.id,
            "pbx": call.pbx,
            "linkedid": call.linkedid,
            "at": call.ended_at,
            "whole": call.linkedid in whole,
            "record": CALL.dump_python(call, mode="json"),
        }
        for call in calls
        if call.ended_at is not None
    ]
    if rows:
        insert_live = upsert(session, CallLiveRow)
        new = {name: insert_live.excluded[name] for name in ("at", "whole", "record")}
        await session.execute(insert_live.on_conflict_do_update(index_elements=[CallLiveRow.id], set_=new), rows)


@dataclass(frozen=True, slots=True)
class Change:
    """A record to write over its row, if it has one; a new row is pinned to the rules and the policy version."""

    row: CallRow | None
    call: CallRecord
    rules: RingRules
    version: str
    source: str
    final: bool


async def save(session: AsyncSession, changes: Sequence[Change]) -> None:
    """Write records over their rows, with as many statements for many as for one; offers are replaced as a whole."""
    if not changes:
        return
    await mark(session, _arrivals(changes))
    for change in changes:
        _put(session, change)
    # Calls are inserted before the offers that refer to them; no relationship gives the session this order.
    await session.flush()
    ids = [change.call.id for change in changes]
    await session.execute(delete(OfferRow).where(OfferRow.call.in_(ids)), execution_options=UNSEEN)
    offers = [
        {"call": id_, **{name: getattr(offer, name) for name in _OFFER}}
        for id_, change in zip(ids, changes, strict=True)
        for offer in {offer.leg: offer for offer in change.call.offers}.values()
    ]
    if offers:
        await session.execute(insert(OfferRow), offers)
    await session.execute(delete(CallAgentRow).where(CallAgentRow.call.in_(ids)), execution_options=UNSEEN)
    agents = [
        {"call": id_, "agent": agent, "arrived_at": change.call.arrived_at, "talk_seconds": talk_of(change.call, agent)}
        for id_, change in zip(ids, changes, strict=True)
        for agent in change.call.agents
    ]
    if agents:
        await session.execute(insert(CallAgentRow), agents)
    session.expunge_all()


def _arrivals(changes: Sequence[Change]) -> Iterator[tuple[str, datetime]]:
    """Where the changes count: also where the record was before."""
    for change in changes:
        yield change.call.pbx, change.call.arrived_at
        if change.row is not None:
            yield change.row.pbx, change.row.arrived_at


def _put(session: AsyncSession, change: Change) -> None:
    call = change.call
    row = change.row or CallRow(id=call.id, policy_version=change.version)
    if change.row is None or row.line is None:
        # Until the line is known the call has the centre's rules; from then on its line's, whatever changes later.
        row.ring_limit = change.rules.limit
        row.ring_tone = change.rules.cadence.tone
        row.ring_period = change.rules.cadence.period
    _write(row, call)
    row.source, row.final = change.source, change.final
    session.add(row)


def _write(row: CallRow, call: CallRecord) -> None:
    row.pbx = call.pbx
    row.linkedid = call.linkedid
    row.direction = call.direction
    row.line = call.line
    row.queue = call.queue
    row.caller_number = call.caller_number
    row.caller_name = call.caller_name
    row.called_number = call.called_number
    row.arrived_at = call.arrived_at
    row.queued_at = call.queued_at
    row.answered_at = call.answered_at
    row.ended_at = call.ended_at
    row.outcome = call.outcome
    row.reason = call.reason
    row.agent = call.agent
    row.hung_up_by = call.hung_up_by
    row.late = call.late
    row.wait_seconds = call.wait_seconds
    row.talk_seconds = call.talk_seconds
    row.hold_seconds = call.hold_seconds
    row.end_known = call.end_known
    row.survey_asked_at = call.survey_asked_at
    row.survey_mark = call.survey_mark
    row.entered_number = call.entered_number
    row.overflowed_to = call.overflowed_to
    row.dialect = call.dialect
    row.legs = _LEGS.dump_python(call.legs, mode="json")
    row.transfers = _TRANSFERS.dump_python(call.transfers, mode="json")
    row.holds = _HOLDS.dump_python(call.holds, mode="json")
    row.path = _PATH.dump_python(call.path, mode="json")


def record_of(row: CallRow, offers: Iterable[OfferRow]) -> CallRecord:
    return CallRecord(
        pbx=row.pbx,
        linkedid=row.linkedid,
        direction=Direction(row.direction),
        line=row.line,
        queue=row.queue,
        caller_number=row.caller_number,
        caller_name=row.caller_name,
        called_number=row.called_number,
        arrived_at=row.arrived_at,
        queued_at=row.queued_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        outcome=Outcome(row.outcome) if row.outcome else None,
        reason=row.reason,
        agent=row.agent,
        hung_up_by=HungUpBy(row.hung_up_by) if row.hung_up_by else None,
        late=row.late,
        wait_seconds=row.wait_seconds,
        talk_seconds=row.talk_seconds,
        hold_seconds=row.hold_seconds,
        end_known=row.end_known,
        survey_asked_at=row.survey_asked_at,
        survey_mark=row.survey_mark,
        entered_number=row.entered_number,
        overflowed_to=row.overflowed_to,
        dialect=row.dialect,
        offers=tuple(offer_of(offer) for offer in sorted(offers, key=lambda entry: (entry.offered_at, entry.leg))),
        transfers=_TRANSFERS.validate_python(row.transfers),
        holds=_HOLDS.validate_python(row.holds),
        legs=_LEGS.validate_python(row.legs),
        path=_PATH.validate_python(row.path),
    )


def offer_of(row: OfferRow) -> Offer:
    values = {name: getattr(row, name) for name in _OFFER}
    values["outcome"] = OfferOutcome(row.outcome) if row.outcome else None
    return Offer(**values)


async def offers_of(session: AsyncSession, calls: Sequence[str]) -> dict[str, list[OfferRow]]:
    """Return the offers of several calls, by call."""
    offers: dict[str, list[OfferRow]] = {}
    for row in await session.scalars(select(OfferRow).where(OfferRow.call.in_(calls))):
        offers.setdefault(row.call, []).append(row)
    return offers
