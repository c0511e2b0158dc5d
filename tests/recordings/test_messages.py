"""Tests R4: a message reaches the agent who returns the call: they hear it, and read its transcript if there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest_asyncio

from callcenter.agents.model import Agent, Phone
from callcenter.callbacks.http import routes as callback_routes
from callcenter.callbacks.incoming import Serving
from callcenter.callbacks.messages import hears
from callcenter.callbacks.model import Source
from callcenter.callbacks.queries import Reading
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.centre.adapters import LeftMessages
from callcenter.facts import AgentNumber, CallId, RecordingId
from recordings.access import Rights
from recordings.http import routes
from recordings.model import Kind
from recordings.transcripts.model import TranscriptEvent, Utterance
from recordings.transcripts.service import TranscriptService
from tests.callbacks.centre import DiallingCentre, request
from tests.recordings.conftest import CALLER, Bench
from tests.support.rooms import CHIEF
from tests.support.web_centre import WebCentre, open_web_centre


@dataclass
class Front:
    web: WebCentre
    bench: Bench
    transcripts: TranscriptService
    message: str
    item: str

    async def ask(self, method: str, path: str, login: str, body: Any = None) -> tuple[int, Any]:
        await self.web.sign_in(login)
        answer = await self.web.client.request(method, f"/api/v1{path}", json=body, headers=self.web.proof)
        return answer.status, await answer.json() if answer.content_type == "application/json" else await answer.read()

    async def hear(self, login: str, recording: str) -> int:
        return (await self.ask("GET", f"/recordings/{recording}/audio", login))[0]

    async def claim(self) -> None:
        assert (await self.ask("POST", f"/callbacks/{self.item}/claim", "lilei", {}))[0] == 200


@pytest_asyncio.fixture
async def front(both: Bench) -> AsyncIterator[Front]:
    rooms = DiallingCentre(both.database)
    for number in ("1001", "1002"):
        await rooms.rooms.agents.add(Agent(AgentNumber(number), f"坐席{number}", phones=(Phone(number),)), CHIEF)
    take = both.take(kind=Kind.MESSAGE)
    both.ended()
    assert await both.keeping.scan() == 1
    requested = await rooms.requests.make(request(source=Source.MESSAGE, call=CALLER))
    transcripts = TranscriptService(both.database, both.clock, both.jobs, both.audit, lambda *_: None)
    rules = RingRules(3, cadence_of("cn"))
    serving = Serving(
        both.database,
        rooms.rules,
        rooms.steps,
        rooms.endings,
        CallService(both.database, "pbx1", RuleBook(rules)),
        rooms.rooms.customers,
        rooms.rooms.agents,
        rooms.dialling,
    )
    rights = Rights(("supervisor",), ("manager",), partial(hears, both.database))
    messages = LeftMessages(both.recordings, transcripts)
    parts = (
        routes(both.recordings, both.retention, both.keeping, rights),
        callback_routes(
            rooms.requests,
            rooms.service,
            serving,
            rooms.dialling,
            Reading(both.database, rooms.clock),
            rooms.rooms.agents,
            messages,
        ),
    )
    async with open_web_centre(both.database, *parts) as web:
        yield Front(web, both, transcripts, take.id("pbx1"), requested.item)


async def test_R4_only_the_agent_who_holds_the_return_call_hears_the_message(front: Front) -> None:
    assert await front.hear("lilei", front.message) == 403
    await front.claim()
    assert await front.hear("lilei", front.message) == 200
    assert await front.hear("hanmei", front.message) == 403
    assert await front.hear("supervisor", front.message) == 200
    assert (await front.ask("GET", f"/recordings/{front.message}/export", "lilei"))[0] == 403
    await front.ask("POST", f"/callbacks/{front.item}/release", "lilei")
    assert await front.hear("lilei", front.message) == 403


async def test_R4_a_message_is_no_way_to_the_conversations_of_its_caller(front: Front) -> None:
    talk = await front.bench.keep_recording("pbx1-1795448999.9")
    await front.claim()
    assert await front.hear("lilei", talk) == 403


async def test_R4_the_messages_transcript_is_on_the_return_call(front: Front) -> None:
    path = f"/callbacks/{front.item}"
    assert (await front.ask("GET", path, "lilei"))[1]["messages"] is None
    await front.claim()
    [left] = (await front.ask("GET", path, "lilei"))[1]["messages"]
    assert (left["recording"], left["transcript"], left["text"]) == (front.message, "none", None)
    assert await front.hear("lilei", left["audio"].split("/")[4]) == 200
    row = await front.transcripts.ask(RecordingId(front.message), CallId(CALLER), "zh-CN", 2.0)
    [left] = (await front.ask("GET", path, "lilei"))[1]["messages"]
    assert (left["transcript"], left["text"]) == ("queued", None)
    await front.transcripts.step(row.id, TranscriptEvent.START)
    await front.transcripts.finish(row.id, [Utterance(0.0, 1.5, "caller", None, "请给我回电话。")])
    [left] = (await front.ask("GET", path, "supervisor"))[1]["messages"]
    assert (left["transcript"], left["text"]) == ("done", "请给我回电话。")
    assert (await front.ask("GET", path, "hanmei"))[1]["messages"] is None
