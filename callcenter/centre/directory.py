"""The directory for passing a call on: colleagues and queues with what they do now. Contains no rules."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from callcenter.agents.service import AgentService
from callcenter.calls.live import LiveFloor
from callcenter.routing.service import QueueService
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


class QueueNowShape(BaseModel):
    queue: str
    waiting: int
    longest_since: datetime | None
    agents_free: int


class DirectoryShape(BaseModel):
    colleagues: list[ColleagueShape]
    queues: list[QueueNowShape]


class DirectoryQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: str = Field("", max_length=80, description="part of a name or number")
    skill: str = Field("", max_length=40, description="a language or dialect")


FREE = "available"


def routes(agents: AgentService, queues: QueueService, live: LiveFloor) -> Routes:
    routes = Routes("call control")

    @routes.get("/directory", roles=ANYONE)
    async def read_directory(ask: Ask, query: DirectoryQuery) -> DirectoryShape:
        """Read who can take a call: colleagues, the free ones first, and queues."""
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
                )
            )
        return DirectoryShape(
            colleagues=sorted(colleagues, key=lambda colleague: (not colleague.free, colleague.agent)),
            queues=[
                QueueNowShape(
                    queue=queue.code,
                    waiting=seen_queue.waiting if (seen_queue := waiting.get(queue.code)) else 0,
                    longest_since=seen_queue.longest_since if seen_queue else None,
                    agents_free=seen_queue.agents_free if seen_queue else 0,
                )
                for queue in await queues.queues()
            ],
        )

    return routes
