"""Performs an action at most once: stored with its intent before it is sent, settled by the PBX's answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from callcenter.asterisk.ami_errors import AmiRefused
from callcenter.asterisk.ami_protocol import BadAction
from callcenter.calls.control.errors import CallOver
from callcenter.calls.control.model import Act, Outcome
from callcenter.calls.control.rows import CallActRow
from callcenter.clock import Clock
from callcenter.errors import Unavailable
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents, IntentState
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

ActRow = CallActRow
"""An action as it is stored, for other rooms."""
Send = Callable[[str], Awaitable[object]]
"""Sends the commands of an intent, whose id it takes."""


class Acts:
    def __init__(self, database: Database, clock: Clock, intents: Intents, audit: Audit) -> None:
        self._database = database
        self._clock = clock
        self._intents = intents
        self._audit = audit

    async def perform(
        self,
        act: Act,
        call: Callable[[str], str],
        by: Person,
        send: Send,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
        outcome: Outcome = Outcome.DONE,
    ) -> CallActRow:
        """Store, send, settle. `call` gives the call's id for the id of the intent.

        Raises CallOver when the PBX no longer knows the channel, AmiClosed and AmiTimeout when the outcome is unknown;
        nothing is ever sent again.
        """
        async with self._database.write() as session:
            intent = await self._intents.note(act.value, [("Person", by.login)], session)
            row = CallActRow(
                id=intent,
                call=call(intent),
                act=act.value,
                agent=by.agent,
                by=by.login[:80],
                at=self._clock(),
                reason=reason,
                outcome=Outcome.NOTED.value,
                facts=dict(facts or {}),
            )
            session.add(row)
            with_reason = {"reason": reason} if reason else None
            await self._audit.append(session, by, f"call.{act.value}", f"call/{row.call}", facts=with_reason)
        try:
            await send(intent)
        except (AmiRefused, BadAction) as error:
            await self._settle(row, IntentState.REFUSED, Outcome.REFUSED, error.detail)
            if isinstance(error, AmiRefused) and "such channel" in error.detail.lower():
                raise CallOver("the call has just ended", call=row.call) from None
            raise
        except Unavailable as error:
            await self._settle(row, IntentState.UNKNOWN, Outcome.UNKNOWN, error.detail)
            raise
        await self._settle(row, IntentState.DONE, outcome)
        return row

    async def _settle(self, row: CallActRow, state: IntentState, outcome: Outcome, answer: str = "") -> None:
        await self._intents.settle(row.id, state, answer)
        row.outcome = outcome.value
        async with self._database.write() as session:
            change = update(CallActRow).where(CallActRow.id == row.id).values(outcome=outcome.value)
            await session.execute(change)

    async def confirm(self, row: CallActRow) -> None:
        """What a phone was asked for has happened."""
        if row.outcome == Outcome.ASKED:
            await self._settle(row, IntentState.DONE, Outcome.DONE)

    async def chain(self, first: str) -> Sequence[CallActRow]:
        """A supervision, by the id of its first action, and the further actions on it."""
        async with self._database.read() as session:
            row = await session.get(CallActRow, first)
        if row is None:
            return []
        later = await self.of_call(row.call)
        return [row, *(each for each in later if each.facts.get("supervision") == first)]

    async def started(self, calls: Collection[CallId]) -> Sequence[CallActRow]:
        """The actions that started one of these calls; most calls come from outside and have none."""
        query = select(CallActRow).where(CallActRow.call.in_(calls), CallActRow.act == Act.ORIGINATE.value)
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(CallActRow.at, CallActRow.id))).all()

    async def of_call(self, call: CallId) -> Sequence[CallActRow]:
        """The actions on a call, oldest first."""
        query = select(CallActRow).where(CallActRow.call == call).order_by(CallActRow.at, CallActRow.id)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()
