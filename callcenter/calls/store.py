"""Records to rows and back, and the one way a record is built from what is stored. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.asterisk import cel, queue_log
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
    Transfer,
    call_id,
)
from callcenter.calls.rows import CallRow, CelEventRow, OfferRow, QueueEventRow, WitnessRow

_LEGS = TypeAdapter(tuple[Leg, ...])
_TRANSFERS = TypeAdapter(tuple[Transfer, ...])
_HOLDS = TypeAdapter(tuple[Hold, ...])
_OFFER = tuple(one.name for one in fields(Offer))
_PLAIN = tuple(one.name for one in fields(CallRecord) if one.name not in ("offers", "transfers", "holds", "legs"))


async def rebuild(
    session: AsyncSession, pbx: str, linkedid: str, rules: record.Rules, version: str
) -> record.Built | None:
    """Build one call from all that is stored of it and save it; None while CEL has not mentioned it."""
    return next(iter(await rebuild_all(session, pbx, [linkedid], rules, version)), None)


async def rebuild_all(
    session: AsyncSession, pbx: str, linkedids: Iterable[str], rules: record.Rules, version: str
) -> list[record.Built]:
    """Build calls from all that is stored of them and save them, with as many statements for many as for one.

    Its line's rules of the day stay in force for a call, whatever the settings say later.
    """
    built = []
    for some in _parts(sorted(linkedids)):
        rows = {row.linkedid: row for row in await session.scalars(_rows(pbx, some).with_for_update())}
        for found in await sources(session, pbx, some):
            row = rows.get(found.linkedid)
            pinned = row is not None and row.line is not None
            in_force = _rules_of(row) if row is not None and pinned else rules.for_line(record.line_of(found.cel))
            one = record.build(found, in_force)
            if one is not None:
                await _write(session, row, one.record, in_force, version, "files", one.final)
                built.append(one)
        await session.flush()
        session.expunge_all()
    return built


def _parts(linkedids: Sequence[str], size: int = 200) -> Iterator[Sequence[str]]:
    """SQLite takes a limited number of parameters in one statement."""
    return (linkedids[start : start + size] for start in range(0, len(linkedids), size))


def _rows(pbx: str, linkedids: Sequence[str]) -> Select[CallRow]:
    return select(CallRow).where(CallRow.pbx == pbx, CallRow.linkedid.in_(linkedids))


def _rules_of(row: CallRow) -> record.Rules:
    return record.Rules(row.ring_limit, ring.Cadence(row.ring_tone, row.ring_period))


async def sources(session: AsyncSession, pbx: str, linkedids: Sequence[str]) -> list[record.Sources]:
    """Everything that is stored of these calls."""
    told: dict[str, list[cel.CelRow]] = {linkedid: [] for linkedid in linkedids}
    queued: dict[str, list[queue_log.QueueRow]] = {linkedid: [] for linkedid in linkedids}
    seen: dict[str, list[record.Witness]] = {linkedid: [] for linkedid in linkedids}
    cel_lines = select(CelEventRow.linkedid, CelEventRow.line).where(
        CelEventRow.pbx == pbx, CelEventRow.linkedid.in_(linkedids)
    )
    for linkedid, line in await session.execute(cel_lines):
        if (row := cel.parse(line.encode())) is not None:
            told[linkedid].append(row)
    queue_lines = select(QueueEventRow.callid, QueueEventRow.line).where(
        QueueEventRow.pbx == pbx, QueueEventRow.callid.in_(linkedids)
    )
    for linkedid, line in await session.execute(queue_lines):
        if (entry := queue_log.parse(line.encode())) is not None:
            queued[linkedid].append(entry)
    witnesses = select(WitnessRow.linkedid, WitnessRow.leg, WitnessRow.kind, WitnessRow.at).where(
        WitnessRow.pbx == pbx, WitnessRow.linkedid.in_(linkedids)
    )
    for linkedid, leg, kind, at in await session.execute(witnesses):
        seen[linkedid].append(record.Witness(leg, kind, at))
    starts = select(QueueEventRow.at).where(QueueEventRow.pbx == pbx, QueueEventRow.event == "QUEUESTART")
    began = list(await session.scalars(starts))
    return [
        record.Sources(pbx, linkedid, told[linkedid], queued[linkedid], seen[linkedid], began) for linkedid in linkedids
    ]


async def save(
    session: AsyncSession,
    row: CallRow | None,
    call: CallRecord,
    rules: record.Rules,
    version: str,
    source: str,
    final: bool,
) -> None:
    """Write a record over its row; offers are replaced as a whole."""
    await _write(session, row, call, rules, version, source, final)
    await session.flush()
    session.expunge_all()


async def _write(
    session: AsyncSession,
    row: CallRow | None,
    call: CallRecord,
    rules: record.Rules,
    version: str,
    source: str,
    final: bool,
) -> None:
    id_ = call_id(call.pbx, call.linkedid)
    values: dict[str, Any] = {name: getattr(call, name) for name in _PLAIN}
    values |= {
        "source": source,
        "final": final,
        "legs": _LEGS.dump_python(call.legs, mode="json"),
        "transfers": _TRANSFERS.dump_python(call.transfers, mode="json"),
        "holds": _HOLDS.dump_python(call.holds, mode="json"),
    }
    if row is None or row.line is None:
        # Until the line is known the call has the house's rule; from then on its line's, whatever changes later.
        ruled = rules.for_line(call.line)
        values |= {
            "ring_limit": ruled.limit,
            "ring_tone": ruled.cadence.tone,
            "ring_period": ruled.cadence.period,
        }
    if row is None:
        session.add(CallRow(id=id_, policy_version=version, **values))
        # The call stands before its offers: they refer to it, and no relationship tells the session so.
        await session.flush()
    else:
        for name, value in values.items():
            setattr(row, name, value)
        await session.execute(delete(OfferRow).where(OfferRow.call == id_))
    offers = {offer.leg: offer for offer in call.offers}
    session.add_all(OfferRow(call=id_, **{name: getattr(one, name) for name in _OFFER}) for one in offers.values())


def record_of(row: CallRow, offers: Iterable[OfferRow]) -> CallRecord:
    values = {name: getattr(row, name) for name in _PLAIN}
    values["direction"] = Direction(row.direction)
    values["outcome"] = Outcome(row.outcome) if row.outcome else None
    values["hung_up_by"] = HungUpBy(row.hung_up_by) if row.hung_up_by else None
    return CallRecord(
        **values,
        offers=tuple(offer_of(one) for one in sorted(offers, key=lambda one: (one.offered_at, one.leg))),
        transfers=_TRANSFERS.validate_python(row.transfers),
        holds=_HOLDS.validate_python(row.holds),
        legs=_LEGS.validate_python(row.legs),
    )


def offer_of(row: OfferRow) -> Offer:
    values = {name: getattr(row, name) for name in _OFFER}
    values["outcome"] = OfferOutcome(row.outcome) if row.outcome else None
    return Offer(**values)


async def offers_of(session: AsyncSession, calls: Sequence[str]) -> dict[str, list[OfferRow]]:
    """The offers of several calls, by call."""
    found: dict[str, list[OfferRow]] = {}
    for one in await session.scalars(select(OfferRow).where(OfferRow.call.in_(calls))):
        found.setdefault(one.call, []).append(one)
    return found
