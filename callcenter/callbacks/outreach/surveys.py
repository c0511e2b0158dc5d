"""Handles satisfaction surveys: a campaign, the sample of its customers, and their return calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from callcenter.callbacks.errors import CampaignExists, SurveyOfDaysToCome, UnknownCampaign
from callcenter.callbacks.model import CallbackRequest, Source
from callcenter.callbacks.outreach.calls import Calls, Drawn, calls_of, check_window
from callcenter.callbacks.outreach.sampling import Served, sample
from callcenter.callbacks.ports import Customers
from callcenter.callbacks.requests import CallbackRequests, Cause
from callcenter.callbacks.rows import CampaignRow, DoNotCallRow, ReturnCallRow
from callcenter.calls.model import Direction, Outcome
from callcenter.calls.service import CallFilter
from callcenter.clock import Clock
from callcenter.facts import CallId, LineCode
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

NOT_AGAIN: Final = timedelta(days=90)
"""A customer who was asked in one survey is not asked in another for this long."""
SURVEY_GRACE: Final = timedelta(days=1)
"""A survey created today may end at the end of today."""


@dataclass(frozen=True, slots=True)
class Campaign:
    code: str
    name: str
    since: datetime
    until: datetime
    size: int
    due_at: datetime
    seed: str
    line: LineCode | None = None
    per_agent: int | None = None


class Surveys:
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

    async def add(self, campaign: Campaign, by: Person) -> CampaignRow:
        """Create a campaign without drawing its sample. Raises BadWindow, SurveyOfDaysToCome, CampaignExists."""
        check_window(campaign.since, campaign.until)
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
            return Drawn([served.id for served in chosen], left_out=left_out)
        causes = [
            Cause(
                CallbackRequest(
                    source=Source.SURVEY,
                    matter=f"survey:{code}",
                    number=numbers[served.id],
                    reason=row.name,
                    line=row.line,
                    call=CallId(served.id),
                    due_at=row.due_at,
                    campaign=code,
                ),
                once=f"survey:{code}:{served.id}",
            )
            for served in chosen
        ]
        counts = await self._requests.make_all(causes, by.login)
        drawn = [served.id for served in chosen]
        async with self._database.write() as session:
            mine = update(CampaignRow).where(CampaignRow.code == code)
            await session.execute(mine.values(drawn=drawn, drawn_at=self._clock()))
            await self._audit.append(session, by, "campaign.drawn", f"campaign/{code}", facts={"calls": len(drawn)})
        return Drawn(drawn, counts.made, counts.joined, left_out + counts.left_out)

    async def _sample(self, row: CampaignRow) -> tuple[list[Served], dict[str, str], int]:
        served: list[Served] = []
        numbers: dict[str, str] = {}
        left_out: set[str] = set()
        window = calls_of(self._calls, CallFilter(line=row.line, since=row.since, until=row.until))
        if row.drawn_at is not None:
            numbers = {call.id: call.caller_number async for call in window}
            return [Served(call, call, "") for call in row.drawn if call in numbers], numbers, 0
        out = await self._not_asked(row)
        async for record in window:
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
