"""Builds the scorecards for tests: a centre with people, calls, flags and recordings, and a settable clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.effects import Flag
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Offer, OfferOutcome, Outcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rows import CallRow
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.facts import AgentNumber, CallId, Uniqueid, linkedid_of
from callcenter.flags.queries import FlagQueries
from callcenter.flags.service import FlagService
from callcenter.scorecards.forms.model import default_source, read_form
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.people import ScorePeople
from callcenter.scorecards.room import ScoreRoom, open_scorecards
from callcenter.settings import ScoreSettings, WebSettings
from callcenter.storage.database import Database
from callcenter.web.people import no_agents_room
from callcenter.web.ports import Audience
from callcenter.web.roles import LEADERS, Person, Role
from callcenter.web.site import web_app
from tests.support.web_centre import PASSWORD, WebCentre, open_web_centre, seen

ZONE = ZoneInfo("Asia/Shanghai")
RULES = RingRules(3, cadence_of("cn"))
FORM = read_form(default_source())
FULL: dict[str, dict[str, Any]] = {
    item.key: {"value": "yes" if item.kind == "yes_no" else item.top} for item in FORM.items
}
CALL = "pbx1-1795400000.1"


@dataclass
class Grading:
    web: WebCentre
    room: ScoreRoom
    calls: CallService
    flags: FlagService
    emitted: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    published: list[tuple[str, Mapping[str, Any], Audience]] = field(default_factory=list)
    recordings: dict[str, list[str]] = field(default_factory=dict)

    async def person(self, login: str) -> Person:
        account = await self.web.web_services.people.by_login(login)
        assert account is not None
        return account.person

    async def as_(self, login: str) -> None:
        await self.web.sign_in(login)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request as the person signed in; the answer's status and JSON."""
        given = {**self.web.proof, **headers}
        if method == "PUT" and "If-Match" not in headers:
            given |= await seen(self.web.client, f"/api/v1{path.removesuffix('/sheet')}")
        answer = await self.web.client.request(method, f"/api/v1{path}", json=body, headers=given)
        text = await answer.text()
        return answer.status, (await answer.json() if text else None)

    async def call(
        self, number: int = 1, agent: str = "1001", at: datetime | None = None, talk: float = 300.0, **more: Any
    ) -> str:
        """A final answered call with a recording."""
        at = at or self.web.time.now
        return (await self.keep([a_call(f"pbx1-1795400000.{number}", agent, at, talk, **more)]))[0]

    async def keep(self, records: Iterable[CallRecord]) -> list[str]:
        """Final calls, each with a recording."""
        records_now = list(records)
        names: list[str] = [entry.id for entry in records_now]
        await self.calls.keep(records_now)
        async with self.web.database.write() as session:
            await session.execute(update(CallRow).where(CallRow.id.in_(names)).values(final=True))
        self.recordings.update({name: [f"r{name.rpartition('.')[2]}"] for name in names})
        return names

    async def submitted(self, call: str, **answers: dict[str, Any]) -> str:
        """A score given and submitted by the person signed in."""
        _, begun = await self.ask("POST", "/scores", {"call": call})
        status, _ = await self.ask("PUT", f"/scores/{begun['id']}", {"answers": {**FULL, **answers}})
        assert status == 200
        status, done = await self.ask("POST", f"/scores/{begun['id']}/submit")
        assert (status, done["state"]) == (200, "submitted")
        return str(begun["id"])

    async def flag(self, clause: str, call: str, agent: str | None = "1001", **facts: Any) -> str:
        id = f"{clause}:{call}:{agent}"
        flag = Flag(id, clause, "2026-11", self.web.time.now, CallId(call), agent, tuple(facts.items()))
        await self.flags.raise_all([flag])
        return id


def a_call(linkedid: str, agent: str, at: datetime, talk: float, **more: Any) -> CallRecord:
    offer = Offer(Uniqueid("leg"), agent, agent, "general", at, at, at, 1, False, OfferOutcome.ANSWERED)
    values: dict[str, Any] = {
        "direction": Direction.INBOUND,
        "line": "orders",
        "queue": "general",
        "caller_number": "13800138000",
        "caller_name": "王芳",
        "called_number": "4008001234",
        "answered_at": at,
        "ended_at": at + timedelta(seconds=talk),
        "outcome": Outcome.ANSWERED,
        "hung_up_by": HungUpBy.CALLER,
        "wait_seconds": 3.0,
        "talk_seconds": talk,
        "offers": (offer,),
    }
    return CallRecord(pbx="pbx1", linkedid=linkedid_of(linkedid), arrived_at=at, agent=agent, **(values | more))


@asynccontextmanager
async def open_grading(database: Database, settings: ScoreSettings | None = None) -> AsyncIterator[Grading]:
    calls = CallService(database, "pbx1", RuleBook(RULES))
    async with open_web_centre(database) as early:
        web_services, clock = early.web_services, early.time
        held: dict[str, list[str]] = {}
        emitted: list[tuple[str, Mapping[str, Any]]] = []
        published: list[tuple[str, Mapping[str, Any], Audience]] = []

        async def graders() -> Sequence[Person]:
            return [
                entry.person
                for entry in await web_services.people.page(100)
                if entry.active and entry.person.may(LEADERS)
            ]

        async def emit(_: AsyncSession, kind: str, data: Mapping[str, Any]) -> None:
            emitted.append((kind, data))

        async def recorded(names: Sequence[str]) -> Mapping[str, Sequence[str]]:
            return {name: held[name] for name in names if held.get(name)}

        async def satisfaction(_: datetime, __: datetime) -> Mapping[str, tuple[int, float]]:
            return {"1001": (3, 4.33), "1002": (1, 2.0)}

        async def transcribed(_: Sequence[str]) -> Mapping[str, Sequence[str]]:
            return {}

        flags = FlagService(database, RuleBook(RULES), clock)
        parts = ScoreParts(
            settings=settings or ScoreSettings(),
            database=database,
            clock=clock,
            audit=web_services.audit,
            calls=calls,
            zone=ZONE,
            publish=lambda kind, data, agents=None: published.append((kind, data, agents)),
            graders=graders,
            people=ScorePeople(no_agents_room, web_services.people.living_login),
            flags=FlagQueries(database),
            emit=emit,
            recorded=recorded,
            transcribed=transcribed,
            satisfaction=satisfaction,
        )
        room = open_scorecards(parts)
        # A supervisor who takes calls, too.
        await web_services.people.add("zhou", "周静", PASSWORD, frozenset({Role.SUPERVISOR}), AgentNumber("1003"))
        app = web_app(database, clock, WebSettings(), web_services, early.feed, *room.routes)
        async with TestClient(TestServer(app)) as client:
            centre = WebCentre(database, clock, web_services, early.feed, client, ids=early.ids)
            yield Grading(centre, room, calls, flags, emitted, published, held)


async def all_of(database: Database, kind: Any) -> list[Any]:
    async with database.read() as session:
        return list(await session.scalars(select(kind)))


def day(number: int, hour: int = 2, month: int = 11) -> datetime:
    """An instant of a day of November 2026; 2:00 UTC is 10:00 in Changsha."""
    return datetime(2026, month, number, hour, tzinfo=UTC)
