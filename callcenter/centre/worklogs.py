"""Connects work logs to other packages: the day's calls, offers, cases, return calls, shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.callbacks.queries import Reading
from callcenter.calls.model import CallRecord, Direction, OfferOutcome, Outcome, talk_of
from callcenter.calls.service import CallFilter, CallService, OfferFilter
from callcenter.complaints.queries import CaseQueries
from callcenter.facts import AgentNumber
from callcenter.roster.service import RosterService
from callcenter.web.people import PeopleService
from callcenter.worklog.model import MOST_LISTED, CallNote, Figures

PAGE = 500
MISSED = frozenset({OfferOutcome.NO_ANSWER, OfferOutcome.DECLINED, OfferOutcome.BUSY, OfferOutcome.UNREACHABLE})


@dataclass(frozen=True)
class WorkSources:
    calls: CallService
    cases: CaseQueries
    return_calls: Reading
    roster: RosterService
    people: PeopleService

    async def figures(self, agent: str, since: datetime, until: datetime) -> Figures:
        """An agent's figures from the records between two instants."""
        calls = await self._calls(agent, since, until)
        offers = await self.calls.offers(OfferFilter(agent=AgentNumber(agent), since=since, until=until), 10 * PAGE)
        # A call that a colleague answered and transferred counts for this agent too: each counts their own seconds.
        answered = [call for call in calls if _talk(call, agent) is not None]
        return Figures(
            answered=sum(call.direction is Direction.INBOUND for call in answered),
            outbound=sum(call.direction is Direction.OUTBOUND for call in calls),
            missed=sum(offer.outcome in MISSED for offer in offers),
            late=sum(offer.late is True for offer in offers),
            talk_seconds=sum(_talk(call, agent) or 0.0 for call in answered),
            return_calls=await self.return_calls.attempts(agent, since, until),
            cases=tuple(await self.cases.worked_on(await self._person(agent), since, until)),
            calls=tuple(_note(call, agent) for call in calls[:MOST_LISTED]),
        )

    async def shifts(self, since: datetime, until: datetime) -> Sequence[str]:
        """The agents whose shifts begin between two instants: a night shift's log belongs to the day it began."""
        shifts = await self.roster.present(since, until)
        return sorted({shift.agent for shift in shifts if since <= shift.starts_at < until})

    async def _calls(self, agent: str, since: datetime, until: datetime) -> list[CallRecord]:
        records: list[CallRecord] = []
        after: tuple[datetime, str] | None = None
        conditions = CallFilter(agent=AgentNumber(agent), since=since, until=until)
        while page := await self.calls.find(conditions, PAGE, after):
            records += page
            after = (page[-1].arrived_at, page[-1].id)
        return records

    async def _person(self, agent: str) -> list[str]:
        """Everyone who ever signed in as this agent and still has an account."""
        people: list[str] = []
        after: str | None = None
        while page := await self.people.page(PAGE, after):
            people += [account.person.id for account in page if account.person.agent == agent]
            after = page[-1].person.login
        return people


def _talk(call: CallRecord, agent: str) -> float | None:
    if call.answered_at is None or call.ended_at is None:
        return None
    return talk_of(call, agent)


def _note(call: CallRecord, agent: str) -> CallNote:
    outcome = (call.outcome or Outcome.UNKNOWN).value if call.ended_at is not None else ""
    return CallNote(call.id, call.arrived_at, call.direction.value, call.other_number, outcome, _talk(call, agent))
