"""Records to rows and back, and the one way a record is built from what is stored. Runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, select
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
    """Build a call from all that is stored of it and save it; its line's rules of that day stay in force for it."""
    row = await session.get(CallRow, call_id(pbx, linkedid), with_for_update=True)
    found = await sources(session, pbx, linkedid)
    if row is not None and row.line is not None:
        rules = record.Rules(row.ring_limit, ring.Cadence(row.ring_tone, row.ring_period))
    else:
        rules = rules.for_line(record.line_of(found.cel))
    built = record.build(found, rules)
    if built is not None:
        await save(session, row, built.record, rules, version, "files", built.final)
    return built


async def sources(session: AsyncSession, pbx: str, linkedid: str) -> record.Sources:
    """Everything that is stored of one call."""
    cel_lines = await session.scalars(
        select(CelEventRow.line).where(CelEventRow.pbx == pbx, CelEventRow.linkedid == linkedid)
    )
    queue_lines = await session.scalars(
        select(QueueEventRow.line).where(QueueEventRow.pbx == pbx, QueueEventRow.callid == linkedid)
    )
    seen = await session.scalars(select(WitnessRow).where(WitnessRow.pbx == pbx, WitnessRow.linkedid == linkedid))
    starts = await session.scalars(
        select(QueueEventRow.at).where(QueueEventRow.pbx == pbx, QueueEventRow.event == "QUEUESTART")
    )
    return record.Sources(
        pbx=pbx,
        linkedid=linkedid,
        cel=[told for line in cel_lines if (told := cel.parse(line.encode())) is not None],
        queue=[row for line in queue_lines if (row := queue_log.parse(line.encode())) is not None],
        witnesses=[record.Witness(one.leg, one.kind, one.at) for one in seen],
        starts=list(starts),
    )


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
    else:
        for name, value in values.items():
            setattr(row, name, value)
        await session.execute(delete(OfferRow).where(OfferRow.call == id_))
    await session.flush()
    offers = {offer.leg: offer for offer in call.offers}
    session.add_all(OfferRow(call=id_, **{name: getattr(one, name) for name in _OFFER}) for one in offers.values())
    await session.flush()
    session.expunge_all()


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
