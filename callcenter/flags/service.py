"""Handles flags: raised by the live floor or derived from the records, decided by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import deltas
from callcenter.calls.deltas import FLAG, FlagDelta, flag_audience
from callcenter.calls.effects import Flag
from callcenter.calls.late_rings import AGENT_LATE_AT
from callcenter.calls.model import CallRecord
from callcenter.calls.recorded import Announce
from callcenter.calls.rules import RuleBook
from callcenter.clock import Clock
from callcenter.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.facts import CallId
from callcenter.flags.excuses import WHY, ExcuseKind
from callcenter.flags.model import (
    ANSWERED_ON,
    HANG_UP,
    RING,
    FlagEvent,
    FlagState,
    after,
    contradiction,
    flags_of,
    is_callers_alone,
)
from callcenter.flags.queries import delta_of
from callcenter.flags.rows import CallExcuseRow, FlagDecisionRow, FlagRow
from callcenter.storage.database import Database, after_commit
from callcenter.storage.upsert import insert_ignore
from callcenter.web.ports import Publish, publish_to_nobody

SYSTEM = "system"
_RAISED = FlagRow.state == FlagState.RAISED.value
"""Flags without a decision."""
SAME_RING = "this late ring is the same as that of flag {other}"
GAINED = (ANSWERED_ON, AGENT_LATE_AT)
"""Facts that a flag may gain after it was raised."""


class UnknownFlag(NotFound):
    code = "flag_not_found"


class FlagDecidedMeanwhile(Conflict):
    code = "flag_decided_meanwhile"


class OwnFlag(Forbidden):
    """No one decides on a flag about themselves."""

    code = "own_flag"


class ReasonMissing(Invalid):
    code = "reason_missing"


class FlagService:
    """Stores flags and publishes each one once it is stored."""

    def __init__(
        self,
        database: Database,
        rules: RuleBook,
        clock: Clock,
        publish: Publish = publish_to_nobody,
        announce: Announce | None = None,
    ) -> None:
        """`announce` queues another check of live flags, for calls whose final record has been checked before."""
        self._publish = publish
        self._database = database
        self._rules = rules
        self._announce = announce
        self._clock = clock

    async def raise_all(self, flags: Sequence[Flag], *, published: bool = False) -> None:
        """Stores flags and publishes the new ones; `published` where the live floor has already done so.

        Idempotent: the same evidence again changes nothing, least of all a person's decision.
        """
        if not flags:
            return
        async with self._database.write() as session:
            # Read in the transaction that raises the flag, so that an existing excuse is seen.
            hung_up = [flag.call for flag in flags if flag.clause == HANG_UP]
            excused = await excuses_of(session, hung_up) if hung_up else {}
            unexcused = {flag.id: flag for flag in flags if not (flag.clause == HANG_UP and flag.call in excused)}
            if not unexcused:
                return
            if published and self._announce is not None:
                # The PBX's files may end a call before its live flag is stored: then nothing else compares the two.
                # Before that, the final record's own job does.
                await self._announce(session, {flag.call for flag in unexcused.values()})
            values = [_values(flag) for flag in unexcused.values()]
            added = insert_ignore(session, FlagRow).values(values).returning(FlagRow.id)
            new = set(await session.scalars(added))
            if not published:
                for name in sorted(new):
                    self._show_later(session, deltas.flag(unexcused[name]))
            await self._complete(session, [flag for name, flag in unexcused.items() if name not in new], published)

    async def recompute(self, calls: Sequence[CallRecord]) -> None:
        """Raises the flags of finished calls; one that the floor raised live is the same flag."""
        await self.raise_all([flag for call in calls for flag in flags_of(call, self._rules)])
        await self._settle(calls)

    async def _settle(self, calls: Sequence[CallRecord]) -> None:
        """Annuls flags that the final record contradicts, and excused ones. Usually there is nothing to write."""
        by_name = {call.id: call for call in calls}
        async with self._database.read() as session:
            rows = (await session.scalars(select(FlagRow).where(FlagRow.call.in_(by_name), _RAISED))).all()
            excused = await excuses_of(session, sorted({row.call for row in rows if row.clause == HANG_UP}))
        both = {row.facts.get("leg"): row.id for row in rows if row.facts.get("side") == "both"}
        why = {row.id: self._wrong(row, by_name[row.call], excused, both) for row in rows}
        alone = [row.id for row in rows if not why[row.id] and is_callers_alone(row.facts, by_name[row.call])]
        if not alone and not any(why.values()):
            return
        async with self._database.write() as session:
            for name, reason in why.items():
                if reason is not None:
                    await self._annul(session, reason, FlagRow.id == name)
            for name in alone:
                await self._clear_agent(session, name)

    @staticmethod
    def _wrong(
        row: FlagRow, call: CallRecord, excused: Mapping[str, ExcuseKind], both: Mapping[object, str]
    ) -> str | None:
        if row.clause == HANG_UP and row.call in excused:
            return WHY[excused[row.call]]
        if row.clause == RING and row.facts.get("side") == "agent" and row.facts.get("leg") in both:
            return SAME_RING.format(other=both[row.facts.get("leg")])
        return contradiction(row.clause, row.raised_at, row.facts, call)

    async def _clear_agent(self, session: AsyncSession, name: str) -> None:
        """Clears the agent of a flag: the caller heard a late ring, but the phone was answered in time."""
        row = await session.get(FlagRow, name)
        if row is not None and row.state == FlagState.RAISED.value:
            row.agent = None
            row.facts = {**row.facts, "side": "caller", "phone": None, "leg": None, AGENT_LATE_AT: None}
            self._show_later(session, delta_of(row))

    def _show_later(self, session: AsyncSession, flag: FlagDelta) -> None:
        """Publishes the flag once it is stored, to the agent concerned and to leaders."""
        after_commit(session, lambda: self._publish(FLAG, flag, flag_audience(flag)))

    async def forget_words(self, session: AsyncSession, calls: Sequence[str], recordings: Sequence[str]) -> None:
        """Removes quotations from erased recordings; clause, seconds and a person's decision remain."""
        for row in await session.scalars(select(FlagRow).where(FlagRow.call.in_(calls))):
            if row.facts.get("recording") in recordings and row.facts.get("hits"):
                hits = [{**hit, "text": ""} for hit in row.facts["hits"]]
                row.facts = {**row.facts, "hits": hits}
        await session.flush()

    async def excuse(self, call: CallId, kind: ExcuseKind, by: str, reason: str) -> None:
        """Records why the agent was allowed to hang up first (R5); the system annuls a flag that is still undecided.

        Idempotent, and the order of excuse and flag does not matter.
        """
        values = {"call": call, "kind": kind.value, "reason": reason, "by": by, "at": self._clock()}
        async with self._database.write() as session:
            await session.execute(insert_ignore(session, CallExcuseRow).values(**values))
            await self._annul(session, WHY[kind], FlagRow.call == call, FlagRow.clause == HANG_UP)

    async def excuses(self, call: CallId) -> list[CallExcuseRow]:
        """Returns the excuses of a call, oldest first."""
        query = select(CallExcuseRow).where(CallExcuseRow.call == call).order_by(CallExcuseRow.at)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def _annul(self, session: AsyncSession, why: str, *which: ColumnElement[bool]) -> None:
        """Annuls as the system, and only flags that no person has decided on."""
        decided: dict[str, Any] = {"state": FlagState.ANNULLED.value, "by": SYSTEM, "reason": why}
        change = update(FlagRow).where(*which, _RAISED).values(decided).returning(FlagRow.id)
        changed = await session.scalars(change.execution_options(synchronize_session=False))
        for flag in changed.all():
            session.add(FlagDecisionRow(flag=flag, at=self._clock(), **decided))
            row = await session.get(FlagRow, flag, populate_existing=True)
            if row is not None:
                self._show_later(session, delta_of(row))

    async def _complete(self, session: AsyncSession, flags: Sequence[Flag], published: bool) -> None:
        """Adds what was unknown when a flag was raised: the ring of the answer, and the phone's side.

        Nothing else of a flag changes, nor does a decision on it.
        """
        gains = {flag.id: flag for flag in flags if any(dict(flag.facts).get(name) is not None for name in GAINED)}
        if not gains:
            return
        for row in await session.scalars(select(FlagRow).where(FlagRow.id.in_(gains))):
            facts = dict(gains[row.id].facts)
            more = {ANSWERED_ON: facts[ANSWERED_ON]} if ANSWERED_ON in facts and ANSWERED_ON not in row.facts else {}
            joins = row.facts.get("side") == "caller" and facts.get("side") == "both"
            if joins:
                row.agent = gains[row.id].agent
                more |= {name: facts[name] for name in ("side", "phone", "leg", AGENT_LATE_AT)}
            if more:
                row.facts = {**row.facts, **more}
                if not (published and joins):
                    self._show_later(session, delta_of(row))

    async def decide(
        self, flag: str, event: FlagEvent, by: str, reason: str, *, own_agent: str | None = None
    ) -> FlagRow:
        """Confirms or annuls a flag, with a name and a reason; `own_agent` is the number of who decides, if any.

        Raises UnknownFlag, OwnFlag, ReasonMissing, IllegalTransition, FlagDecidedMeanwhile on a concurrent decision.
        """
        if not reason.strip():
            raise ReasonMissing("a reason is required", flag=flag)
        async with self._database.write() as session:
            row = await session.get(FlagRow, flag)
            if row is None:
                raise UnknownFlag(f"there is no flag {flag}", flag=flag)
            if own_agent is not None and row.agent == own_agent:
                raise OwnFlag("another leader decides on this flag", flag=flag)
            state = after(FlagState(row.state), event)
            changed = await session.execute(
                update(FlagRow)
                .where(FlagRow.id == flag, FlagRow.state == row.state)
                .values(state=state.value, by=by, reason=reason.strip())
                .returning(FlagRow.id)
            )
            if changed.first() is None:
                raise FlagDecidedMeanwhile("another person has just decided on this flag", flag=flag)
            session.add(FlagDecisionRow(flag=flag, at=self._clock(), state=state.value, by=by, reason=reason.strip()))
            await session.flush()
            await session.refresh(row)
            self._show_later(session, delta_of(row))
        return row


async def excuses_of(session: AsyncSession, calls: Sequence[str]) -> dict[str, ExcuseKind]:
    """Returns the calls on which an agent was allowed to hang up first, each with one reason."""
    query = select(CallExcuseRow.call, CallExcuseRow.kind).where(CallExcuseRow.call.in_(calls))
    return {call: ExcuseKind(kind) for call, kind in await session.execute(query.order_by(CallExcuseRow.at.desc()))}


def _values(flag: Flag) -> dict[str, object]:
    return {
        "id": flag.id,
        "clause": flag.clause,
        "policy_version": flag.policy_version,
        "raised_at": flag.raised_at,
        "call": flag.call,
        "agent": flag.agent,
        "facts": dict(flag.facts),
        "state": FlagState.RAISED.value,
    }
