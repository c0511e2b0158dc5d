"""The directory for passing a call on: colleagues and queues with what they do now. Contains no rules."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from callcenter.agents.service import AgentService
from callcenter.calls.live import LiveFloor
from callcenter.errors import Conflict
from callcenter.routing.service import QueueService
from callcenter.web.own.service import OwnThings, must_be_person
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, Ask, Routes


class ColleagueShape(BaseModel):
    """`state` is that of the live feed; `free` whether the phone can take a call now."""

    agent: str
    name: str
    skills: dict[str, int]
    state: str
    reason: str
    since: datetime | None
    phone: str
    reachable: bool
    free: bool
    favourite: bool


class QueueNowShape(BaseModel):
    queue: str
    waiting: int
    longest_since: datetime | None
    agents_free: int
    favourite: bool


class DirectoryShape(BaseModel):
    colleagues: list[ColleagueShape]
    queues: list[QueueNowShape]


class DirectoryQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=80, description="part of a name or number")
    skill: str = Field("", max_length=40, description="a language or dialect")


FREE = "available"


QUEUE = "queue:"
"""The beginning of a queue among the favourites of one's settings; agents are there by their number alone."""
MOST = 100


class TooManyFavourites(Conflict):
    """The settings of a person's pages hold so many favourites at most."""

    code = "too_many_favourites"


def routes(agents: AgentService, queues: QueueService, live: LiveFloor, own: OwnThings) -> Routes:
    routes = Routes("call control")

    @routes.get("/directory", roles=ANYONE)
    async def read_directory(ask: Ask, query: DirectoryQuery) -> DirectoryShape:
        """Read who can take a call: colleagues, the free ones first, and queues."""
        mine = await _favourites(own, ask.require())
        now, waiting = live.agents_now(), {queue.code: queue for queue in live.floor.waiting.all()}
        colleagues = []
        for agent in await agents.agents(active=True):
            seen = now.get(agent.number)
            if query.q.casefold() not in f"{agent.number} {agent.name}".casefold():
                continue
            if query.skill and query.skill.lower() not in agent.skills:
                continue
            colleagues.append(
                ColleagueShape(
                    agent=agent.number,
                    name=agent.name,
                    skills=dict(agent.skills),
                    state=seen.state if seen else "signed_out",
                    reason=seen.reason if seen else "",
                    since=seen.since if seen else None,
                    phone=seen.phone if seen else "",
                    reachable=seen is not None and seen.reachable,
                    free=seen is not None and seen.reachable and seen.state == FREE,
                    favourite=agent.number in mine,
                )
            )
        return DirectoryShape(
            colleagues=sorted(
                colleagues, key=lambda colleague: (not colleague.free, not colleague.favourite, colleague.agent)
            ),
            queues=[
                QueueNowShape(
                    queue=queue.code,
                    waiting=seen_queue.waiting if (seen_queue := waiting.get(queue.code)) else 0,
                    longest_since=seen_queue.longest_since if seen_queue else None,
                    agents_free=seen_queue.agents_free if seen_queue else 0,
                    favourite=QUEUE + queue.code in mine,
                )
                for queue in sorted(await queues.queues(), key=lambda queue: QUEUE + queue.code not in mine)
            ],
        )

    @routes.put("/directory/favourites/agent/{number}", roles=ANYONE, edits=False)
    async def add_favourite_agent(ask: Ask, number: str) -> None:
        """Put a colleague among your favourites, which the directory shows first; idempotent."""
        await _set(own, ask.require(), (await agents.agent(number)).number, favourite=True)

    @routes.delete("/directory/favourites/agent/{number}", roles=ANYONE)
    async def remove_favourite_agent(ask: Ask, number: str) -> None:
        """Take a colleague off your favourites."""
        await _set(own, ask.require(), number, favourite=False)

    @routes.put("/directory/favourites/queue/{code}", roles=ANYONE, edits=False)
    async def add_favourite_queue(ask: Ask, code: str) -> None:
        """Put a queue among your favourites, which the directory shows first; idempotent."""
        await _set(own, ask.require(), QUEUE + (await queues.queue(code)).code, favourite=True)

    @routes.delete("/directory/favourites/queue/{code}", roles=ANYONE)
    async def remove_favourite_queue(ask: Ask, code: str) -> None:
        """Take a queue off your favourites."""
        await _set(own, ask.require(), QUEUE + code, favourite=False)

    return routes


async def _favourites(own: OwnThings, by: Person) -> Collection[str]:
    return frozenset((await own.settings(by)).get("favourites", ())) if not by.program else frozenset()


async def _set(own: OwnThings, by: Person, name: str, *, favourite: bool) -> None:
    """Add to or remove from the favourites of one's own settings. Raises TooManyFavourites, NotAPerson."""

    def changed(settings: dict[str, Any]) -> dict[str, Any]:
        others = [each for each in settings.get("favourites", []) if each != name]
        if favourite and len(others) >= MOST:
            raise TooManyFavourites("you have so many favourites already", most=MOST)
        return {**settings, "favourites": [*others, name] if favourite else others}

    await own.update(must_be_person(by), changed)
