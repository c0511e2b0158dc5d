"""Handles bulk return calls (surveys, apologies after a failure, R7) and the do-not-call list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from callcenter.callbacks.dialling.numbers import check_callable
from callcenter.callbacks.errors import (
    BadWindow,
    CampaignExists,
    ReasonMissing,
    SurveyOfDaysToCome,
    UnknownCampaign,
)
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.outreach.sampling import Served, sample
from callcenter.callbacks.requests import CallbackRequests, Cause, Customers
from callcenter.callbacks.rows import CampaignRow, DoNotCallRow, ReturnCallRow
from callcenter.calls.endings import CUT_OFF, PBX_LOST
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.service import CallFilter, Place
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit, Fact
from callcenter.web.roles import Person

LONGEST_WINDOW: Final = timedelta(days=93)
NOT_AGAIN: Final = timedelta(days=90)
"""A customer who was asked in one survey is not asked in another for this long."""
PAGE: Final = 500
HARMED: Final = frozenset({Outcome.ABANDONED, Outcome.FAILED, Outcome.OVERFLOWED, Outcome.UNKNOWN, Outcome.CLOSED})

BROKEN: Final = frozenset({PBX_LOST, CUT_OFF})
"""Why a conversation ended that neither party ended."""


def was_harmed(call: CallRecord) -> bool:
    """Whether a failure kept this caller from being served, or cut them off during the conversation (R7)."""
    return call.outcome in HARMED or (call.outcome is Outcome.ANSWERED and call.reason in BROKEN)


class Calls(Protocol):
    """The calls' records (calls/service.py)."""

    async def find(self, filter: CallFilter, limit: int = 50, after: Place | None = None) -> list[CallRecord]: ...


@dataclass(frozen=True, slots=True)
class Campaign:
    code: str
    name: str
    since: datetime
    until: datetime
    size: int
    due_at: datetime
    seed: str
    line: str | None = None
    per_agent: int | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a list created, or would create: calls named, return calls new and joined, customers left out by request."""

    calls: list[str]
    made: int = 0
    joined: int = 0
    left_out: int = 0


class Lists:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        requests: CallbackRequests,
        calls: Calls,
        customers: Customers,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._requests = requests
        self._calls = calls
        self._customers = customers

    # The do-not-call list.

    async def bar(self, number: str, scope: str, reason: str, by: Person) -> DoNotCallRow:
        """Put a number on the list, with a reason and a name. Raises ReasonMissing, NotCallable."""
        if not reason.strip():
            raise ReasonMissing("say why this number is not to be called")
        number = check_callable(self._customers.key_of(number), self._requests.rules.region)
        row = DoNotCallRow(number=number, scope=scope, reason=reason.strip(), by=by.login, at=self._clock())
        async with self._database.write() as session:
            row = await session.merge(row)
            await self._audit.append(session, by, "do_not_call.added", "do_not_call", facts={"scope": scope})
        return row

    async def unbar(self, number: str, scope: str, by: Person) -> bool:
        """Take a number off the list; False when it was not listed."""
        key = self._customers.key_of(number) or number
        gone = delete(DoNotCallRow).where(DoNotCallRow.number == key, DoNotCallRow.scope == scope)
        async with self._database.write() as session:
            removed = (await session.execute(gone.returning(DoNotCallRow.number))).first() is not None
            if removed:
                await self._audit.append(session, by, "do_not_call.removed", "do_not_call", facts={"scope": scope})
        return removed

    async def barred(self, after: tuple[str, str] = ("", ""), limit: int = 100) -> Sequence[DoNotCallRow]:
        """The list, by number."""
        following = (DoNotCallRow.number > after[0]) | (
            (DoNotCallRow.number == after[0]) & (DoNotCallRow.scope > after[1])
        )
        query = select(DoNotCallRow).where(following).order_by(DoNotCallRow.number, DoNotCallRow.scope).limit(limit)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    # Surveys.

    async def add_campaign(self, campaign: Campaign, by: Person) -> CampaignRow:
        """Create a campaign without drawing its sample. Raises BadWindow, SurveyOfDaysToCome, CampaignExists."""
        _check_window(campaign.since, campaign.until)
        now = self._clock()
        if campaign.since >= now or campaign.until > now + SURVEY_GRACE:
            raise SurveyOfDaysToCome("a survey asks about days that are over", until=campaign.until.isoformat())
        row = CampaignRow(
            code=campaign.code,
            name=campaign.name,
            line=campaign.line,
            since=campaign.since,
            until=campaign.until,
            size=campaign.size,
            per_agent=campaign.per_agent,
            seed=campaign.seed,
            due_at=campaign.due_at,
            by=by.login,
            created_at=self._clock(),
            drawn=[],
        )
        try:
            async with self._database.write() as session:
                session.add(row)
                await self._audit.append(session, by, "campaign.added", f"campaign/{campaign.code}")
        except IntegrityError:
            raise CampaignExists("a campaign has this code", campaign=campaign.code) from None
        return row

    async def campaigns(self) -> Sequence[CampaignRow]:
        async with self._database.read() as session:
            return (await session.scalars(select(CampaignRow).order_by(CampaignRow.created_at.desc()))).all()

    async def campaign(self, code: str) -> CampaignRow:
        """Raises UnknownCampaign."""
        async with self._database.read() as session:
            row = await session.get(CampaignRow, code)
        if row is None:
            raise UnknownCampaign("there is no such campaign", campaign=code[:40])
        return row

    async def draw(self, code: str, by: Person, *, dry_run: bool = False) -> Drawn:
        """Draw the sample and create its return calls; idempotent, since drawing again gives the same sample.

        Raises UnknownCampaign.
        """
        row = await self.campaign(code)
        chosen, numbers, left_out = await self._sample(row)
        if dry_run:
            return Drawn([customer.call for customer in chosen], left_out=left_out)
        causes = [
            Cause(
                CallbackRequest(
                    source=Source.SURVEY,
                    matter=f"survey:{code}",
                    number=numbers[served.call],
                    reason=row.name,
                    line=row.line,
                    call=served.call,
                    due_at=row.due_at,
                    campaign=code,
                ),
                once=f"survey:{code}:{served.call}",
            )
            for served in chosen
        ]
        counts = await self._requests.make_all(causes, by.login)
        drawn = [customer.call for customer in chosen]
        async with self._database.write() as session:
            mine = update(CampaignRow).where(CampaignRow.code == code)
            await session.execute(mine.values(drawn=drawn, drawn_at=self._clock()))
            await self._audit.append(session, by, "campaign.drawn", f"campaign/{code}", facts={"calls": len(drawn)})
        return Drawn(drawn, counts.made, counts.joined, left_out + counts.left_out)

    async def _sample(self, row: CampaignRow) -> tuple[list[Served], dict[str, str], int]:
        served: list[Served] = []
        numbers: dict[str, str] = {}
        left_out: set[str] = set()
        if row.drawn_at is not None:
            numbers = {
                record.id: record.caller_number async for record in self._candidates(row.since, row.until, row.line)
            }
            return [Served(call, call, "") for call in row.drawn if call in numbers], numbers, 0
        out = await self._not_asked(row)
        async for record in self._candidates(row.since, row.until, row.line):
            number = self._customers.key_of(record.caller_number)
            if record.direction is not Direction.INBOUND or record.outcome is not Outcome.ANSWERED or not number:
                continue
            if number in out:
                left_out.add(number)
                continue
            call = record.id
            numbers[call] = number
            served.append(Served(call, number, record.agent or ""))
        return sample(served, row.size, row.per_agent, row.seed), numbers, len(left_out)

    async def _not_asked(self, row: CampaignRow) -> set[str]:
        """Those on the do-not-call list, in either scope, and those asked in another survey recently."""
        since = self._clock() - NOT_AGAIN
        asked = select(ReturnCallRow.number).where(
            ReturnCallRow.campaign.is_not(None), ReturnCallRow.campaign != row.code, ReturnCallRow.created_at > since
        )
        async with self._database.read() as session:
            return {*await session.scalars(select(DoNotCallRow.number)), *await session.scalars(asked)}

    # Apologies.

    async def apologise(
        self,
        since: datetime,
        until: datetime,
        reason: str,
        by: Person,
        line: str | None = None,
        *,
        dry_run: bool = False,
    ) -> Drawn:
        """Create a return call for every customer whom a failure in the window kept from being served or cut off (R7).

        One per customer, for the last such call; none where a later call of theirs was served.

        Raises BadWindow, ReasonMissing.
        """
        _check_window(since, until)
        if not reason.strip():
            raise ReasonMissing("a reason is required; the agent gives it to the customer")
        records = [call async for call in self._candidates(since, until, line) if call.direction is Direction.INBOUND]
        harmed: dict[str, CallRecord] = {}
        for call in sorted(records, key=lambda element: element.arrived_at):
            number = self._customers.key_of(call.caller_number)
            if not number or call.outcome is None:
                continue
            if was_harmed(call):
                harmed[number] = call
            elif call.outcome is Outcome.ANSWERED:
                # A customer who was served after the failure needs no call.
                harmed.pop(number, None)
        calls = [call.id for call in harmed.values()]
        if dry_run:
            return Drawn(calls)
        causes = [
            Cause(
                CallbackRequest(
                    source=Source.APOLOGY,
                    matter=f"line:{record.line}",
                    number=number,
                    reason=reason.strip(),
                    line=record.line,
                    call=record.id,
                    arrived_at=record.arrived_at,
                ),
                once=f"apology:{since.isoformat()}:{record.id}",
            )
            for number, record in harmed.items()
        ]
        counts = await self._requests.make_all(causes, by.login)
        facts: dict[str, Fact] = {"since": since.isoformat(), "until": until.isoformat(), "calls": len(calls)}
        await self._audit.record(by, "apologies.made", "return_calls", facts=facts)
        return Drawn(calls, counts.made, counts.joined, counts.left_out)

    async def _candidates(self, since: datetime, until: datetime, line: str | None) -> AsyncIterator[CallRecord]:
        conditions, after = CallFilter(line=line, since=since, until=until), None
        while call := await self._calls.find(conditions, PAGE, after):
            for record in call:
                yield record
            after = (call[-1].arrived_at, call[-1].id)


SURVEY_GRACE: Final = timedelta(days=1)
"""A survey created today may end at the end of today."""


def _check_window(since: datetime, until: datetime) -> None:
    if not since < until or until - since > LONGEST_WINDOW:
        raise BadWindow("a window ends after its start and lasts 93 days at most")
