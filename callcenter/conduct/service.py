"""Flags: raised by the live floor or found again in the records, decided by a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.effects import Flag
from callcenter.calls.model import CallRecord, call_id
from callcenter.calls.record import Rules
from callcenter.clock import Clock
from callcenter.conduct.excuses import WHY, ExcuseKind
from callcenter.conduct.model import ANSWERED_ON, FlagEvent, FlagState, after, flags_of
from callcenter.conduct.rows import CallExcuseRow, FlagDecisionRow, FlagRow
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.storage.database import Database, after_commit

HANG_UP = "R5"
HOUSE = "system"
_RAISED = (FlagRow.clause == HANG_UP, FlagRow.state == FlagState.RAISED.value)
"""Flags about hanging up that nobody has decided on."""
NOT_SO = "the records of the PBX do not say that the agent hung up first"


class FlagNotFound(NotFound):
    code = "flag_not_found"


class FlagDecidedMeanwhile(Conflict):
    code = "flag_decided_meanwhile"


class ReasonMissing(Invalid):
    code = "reason_missing"


class SummaryBy(StrEnum):
    CLAUSE = "clause"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Summary:
    """`value` is the clause, or the agent; None where a flag names no agent."""

    value: str | None
    raised: int = 0
    confirmed: int = 0
    annulled: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which flags are wanted; None asks for no limit. `since` is included, `until` is not."""

    state: FlagState | None = None
    agent: str | None = None
    call: str | None = None
    clause: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        same = ("state", "agent", "call", "clause")
        found = [getattr(FlagRow, name) == getattr(self, name) for name in same if getattr(self, name) is not None]
        if self.since is not None:
            found.append(FlagRow.raised_at >= self.since)
        if self.until is not None:
            found.append(FlagRow.raised_at < self.until)
        return found


Publish = Callable[[str, Mapping[str, Any]], object]


def nowhere(_: str, __: Mapping[str, Any]) -> None:
    """Nobody watches by default."""


class FlagService:
    """Keeps flags; `publish` tells the live feed of decisions."""

    def __init__(
        self, database: Database, rules: Rules, policy_version: str, clock: Clock, publish: Publish = nowhere
    ) -> None:
        self._publish = publish
        self._database = database
        self._rules = rules
        self._version = policy_version
        self._clock = clock

    async def raise_flag(self, flag: Flag) -> None:
        """Keep a flag; the same evidence again changes nothing, least of all a person's decision."""
        await self.raise_all([flag])

    async def raise_all(self, flags: Sequence[Flag]) -> None:
        if not flags:
            return
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        async with self._database.write() as session:
            # Asked in the transaction that raises, so that an excuse which is there is seen.
            hung_up = [flag.call for flag in flags if flag.clause == HANG_UP]
            excused = await excuses_of(session, hung_up) if hung_up else {}
            values = [_values(flag) for flag in flags if not (flag.clause == HANG_UP and flag.call in excused)]
            if values:
                await session.execute(insert(FlagRow).on_conflict_do_nothing(), values)

    async def recompute(self, calls: Sequence[CallRecord]) -> None:
        """Raise what finished calls give rise to; what the floor raised live is the same flag."""
        found = [flag for call in calls for flag in flags_of(call, self._rules, self._version)]
        await self.raise_all(found)
        await self._settle_hang_ups(calls, {flag.call for flag in found if flag.clause == HANG_UP})
        await self._complete([flag for flag in found if ANSWERED_ON in dict(flag.facts)])

    async def _settle_hang_ups(self, calls: Sequence[CallRecord], agent_first: set[str]) -> None:
        """Annul what the live picture mistook, and what is excused. Nearly always there is nothing to write."""
        names = [call_id(call.pbx, call.linkedid) for call in calls]
        async with self._database.read() as session:
            raised = set(await session.scalars(select(FlagRow.call).where(FlagRow.call.in_(names), *_RAISED)))
            excused = await excuses_of(session, sorted(raised))
        why = {name: WHY[excused[name]] if name in excused else NOT_SO for name in raised}
        wrong = [name for name in sorted(raised) if name in excused or name not in agent_first]
        if wrong:
            async with self._database.write() as session:
                for name in wrong:
                    await self._annul(session, name, why[name])

    async def forget_words(self, session: AsyncSession, calls: Sequence[str], recordings: Sequence[str]) -> None:
        """What was quoted from recordings that are erased goes; clause, seconds and a person's decision stay."""
        for row in await session.scalars(select(FlagRow).where(FlagRow.call.in_(calls))):
            if row.facts.get("recording") in recordings and row.facts.get("hits"):
                hits = [{**hit, "text": ""} for hit in row.facts["hits"]]
                row.facts = {**row.facts, "hits": hits}
        await session.flush()

    async def excuse(self, call: str, kind: ExcuseKind, by: str, reason: str) -> None:
        """Keep why the agent might hang up first (R5); a flag that nobody has decided on is annulled by the house.

        Told twice, and told before or after the flag, the end is the same.
        """
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        row = insert(CallExcuseRow).values(call=call, kind=kind.value, reason=reason, by=by, at=self._clock())
        async with self._database.write() as session:
            await session.execute(row.on_conflict_do_nothing())
            await self._annul(session, call, WHY[kind])

    async def excuses(self, call: str) -> list[CallExcuseRow]:
        """What is kept of a call, the oldest first."""
        query = select(CallExcuseRow).where(CallExcuseRow.call == call).order_by(CallExcuseRow.at)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def _annul(self, session: AsyncSession, call: str, why: str) -> None:
        """By the house, and only what no person has decided on."""
        change = (
            update(FlagRow)
            .where(FlagRow.call == call, *_RAISED)
            .values(state=FlagState.ANNULLED.value, by=HOUSE, reason=why)
        )
        changed = await session.scalars(change.returning(FlagRow.id).execution_options(synchronize_session=False))
        for flag in changed.all():
            decision = FlagDecisionRow(
                flag=flag, at=self._clock(), state=FlagState.ANNULLED.value, by=HOUSE, reason=why
            )
            session.add(decision)
            row = await session.get(FlagRow, flag, populate_existing=True)
            if row is not None:
                shown = _shown(row)
                after_commit(session, partial(self._publish, "flag", shown))

    async def _complete(self, flags: Sequence[Flag]) -> None:
        """Say on which ring the phone was answered after all; nothing else of a flag changes, nor a decision on it."""
        if not flags:
            return
        known = {flag.id: dict(flag.facts)[ANSWERED_ON] for flag in flags}
        async with self._database.write() as session:
            for row in await session.scalars(select(FlagRow).where(FlagRow.id.in_(known))):
                if ANSWERED_ON not in row.facts:
                    row.facts = {**row.facts, ANSWERED_ON: known[row.id]}

    async def find(self, wanted: Wanted, limit: int = 50, behind: tuple[datetime, str] | None = None) -> list[FlagRow]:
        """Flags, the newest first, behind the place (raised_at, id)."""
        query = select(FlagRow).where(*wanted.conditions())
        if behind is not None:
            at, name = behind
            query = query.where(or_(FlagRow.raised_at < at, and_(FlagRow.raised_at == at, FlagRow.id < name)))
        query = query.order_by(FlagRow.raised_at.desc(), FlagRow.id.desc()).limit(limit)
        async with self._database.read() as session:
            return list(await session.scalars(query))

    async def summary(self, wanted: Wanted, by: SummaryBy) -> list[Summary]:
        """How many flags in which state, by clause or by agent; the largest group first."""
        column = FlagRow.clause if by is SummaryBy.CLAUSE else FlagRow.agent
        query = select(column, FlagRow.state, func.count()).where(*wanted.conditions()).group_by(column, FlagRow.state)
        found: dict[str | None, dict[str, int]] = {}
        async with self._database.read() as session:
            for value, state, number in await session.execute(query):
                found.setdefault(value, {})[state] = number
        whole = [
            Summary(value, **{state.value: some.get(state.value, 0) for state in FlagState})
            for value, some in found.items()
        ]
        return sorted(whole, key=lambda one: (-(one.raised + one.confirmed + one.annulled), one.value or ""))

    async def of_calls(self, calls: Sequence[CallRecord]) -> dict[str, list[str]]:
        """The ids of each call's flags."""
        ids = [call_id(call.pbx, call.linkedid) for call in calls]
        query = select(FlagRow.call, FlagRow.id).where(FlagRow.call.in_(ids)).order_by(FlagRow.raised_at, FlagRow.id)
        held: dict[str, list[str]] = {}
        async with self._database.read() as session:
            for call, flag in await session.execute(query):
                held.setdefault(call, []).append(flag)
        return held

    async def decide(self, flag: str, event: FlagEvent, by: str, reason: str) -> FlagRow:
        """Confirm or annul, with a name and a reason.

        Raises FlagNotFound, ReasonMissing, IllegalTransition, FlagDecidedMeanwhile when two decide at once.
        """
        if not reason.strip():
            raise ReasonMissing("say why", flag=flag)
        async with self._database.write() as session:
            row = await session.get(FlagRow, flag)
            if row is None:
                raise FlagNotFound(f"there is no flag {flag}", flag=flag)
            state = after(FlagState(row.state), event)
            changed = await session.execute(
                update(FlagRow)
                .where(FlagRow.id == flag, FlagRow.state == row.state)
                .values(state=state.value, by=by, reason=reason.strip())
                .returning(FlagRow.id)
            )
            if changed.first() is None:
                raise FlagDecidedMeanwhile("somebody else has just decided on this flag", flag=flag)
            session.add(FlagDecisionRow(flag=flag, at=self._clock(), state=state.value, by=by, reason=reason.strip()))
            await session.flush()
            await session.refresh(row)
        self._publish("flag", _shown(row))
        return row


async def excuses_of(session: AsyncSession, calls: Sequence[str]) -> dict[str, ExcuseKind]:
    """The calls of which an agent might hang up first, each with one reason."""
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


def _shown(row: FlagRow) -> dict[str, Any]:
    names = ("id", "clause", "policy_version", "call", "agent", "facts", "state", "by", "reason")
    return {name: getattr(row, name) for name in names} | {"raised_at": row.raised_at.isoformat()}
