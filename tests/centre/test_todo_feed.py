"""Tests that each person gets the counts of what waits for them, and no one else's, when they change."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from callcenter import clock
from callcenter.callbacks.deltas import CALLBACK, CallbackDelta
from callcenter.calls.model import CallRecord
from callcenter.centre.todo_feed import EVERYONE, TODO, Holders, TodoFeed
from callcenter.facts import AgentNumber, linkedid_of
from callcenter.storage.database import Database
from callcenter.web.live import Feed, Subscription
from callcenter.web.roles import Person, Role
from tests.support.rooms import SetClock
from tests.support.whole_centre import WholeCentre, open_whole_centre
from tests.web.test_edits import CALL

LILEI = Person("2", "lilei", "李雷", frozenset({Role.AGENT}), AgentNumber("1001"))
HANMEI = Person("4", "hanmei", "韩梅梅", frozenset({Role.AGENT}), AgentNumber("1002"))
BOSS = Person("1", "boss", "主管", frozenset({Role.SUPERVISOR}))
NOTHING = {"calls_without_record": 0, "return_calls": 0, "cases": 0, "cases_of_absent": 0, "announcements": 0}


def delta(agent: str | None, id: str = "c1") -> CallbackDelta:
    return {
        "id": id,
        "state": "waiting",
        "source": "agent",
        "line": None,
        "case": None,
        "promised": False,
        "agent": agent,
        "attempts": 0,
        "result": None,
        "language": None,
        "standing": "ordinary",
        "due_at": "",
        "may_from": "",
    }


class Counting:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.counts = dict(NOTHING)

    async def __call__(self, person: Person) -> dict[str, int]:
        self.asked.append(person.login)
        return dict(self.counts)


def heard(client: Subscription) -> list[dict[str, Any]]:
    messages = [json.loads(text) for text in client.waiting]
    client.waiting.clear()
    return [message["data"] for message in messages if message.get("kind") == TODO]


async def test_who_gives_a_return_call_away_and_who_takes_it_are_counted_and_no_one_else() -> None:
    feed, counting = Feed(SetClock()), Counting()
    todo = TodoFeed(feed, counting)
    clients = {person.login: feed.join(person) for person in (LILEI, HANMEI, BOSS)}
    feed.publish(CALLBACK, delta("1001"))
    await todo.send()
    assert counting.asked == ["lilei"]
    counting.asked.clear()
    counting.counts["return_calls"] = 1
    feed.publish(CALLBACK, delta("1002"))
    await todo.send()
    assert sorted(counting.asked) == ["hanmei", "lilei"]
    assert [data["return_calls"] for data in heard(clients["lilei"])] == [0, 1]
    assert heard(clients["hanmei"]) == [{"person": "4", **NOTHING, "return_calls": 1}]
    assert heard(clients["boss"]) == []


async def test_equal_counts_are_sent_once_and_nobody_is_counted_without_a_page() -> None:
    feed, counting = Feed(SetClock()), Counting()
    todo = TodoFeed(feed, counting)
    feed.publish(CALLBACK, delta("1001"))
    await todo.send()
    assert counting.asked == []
    client = feed.join(LILEI)
    for _ in range(3):
        feed.publish(CALLBACK, delta("1001"))
        await todo.send()
    assert len(counting.asked) == 3
    assert len(heard(client)) == 1


def test_the_memory_of_holders_is_bounded() -> None:
    holders = Holders(most=2)
    for id in ("a", "b", "c"):
        holders.concerned(CALLBACK, delta("1001", id))
    assert holders.concerned(CALLBACK, delta("1002", "a")) == {"1002"}
    assert holders.concerned(CALLBACK, delta("1002", "c")) == {"1001", "1002"}
    assert holders.concerned("announcement", {}) == EVERYONE
    assert holders.concerned("link", {}) == frozenset()


@pytest_asyncio.fixture
async def whole(database: Database, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with open_whole_centre(database, tmp_path, logins=("supervisor", "lilei", "hanmei")) as opened:
        yield opened


async def test_the_counts_of_the_feed_are_those_of_the_route(whole: WholeCentre) -> None:
    feed = whole.centre.feed
    person = (await whole.centre.web_services.people.by_login("lilei")).person  # type: ignore[union-attr]
    client = feed.join(person)
    others = feed.join((await whole.centre.web_services.people.by_login("hanmei")).person)  # type: ignore[union-attr]
    run = whole.centre.contributions.tasks["todo"].__self__  # type: ignore[attr-defined]
    await whole.send("supervisor", "POST", "/announcements", {"title": "只给李雷", "body": "x", "agents": ["1001"]})
    await whole.send("supervisor", "POST", "/announcements", {"title": "给主管", "body": "x", "roles": ["supervisor"]})
    await whole.send("lilei", "POST", "/cases", {"what_happened": "坏了", "severity": "minor"})
    announced = [json.loads(text) for text in client.waiting]
    titles = [message["data"]["title"] for message in announced if message.get("kind") == "announcement"]
    assert titles == ["只给李雷"]
    assert "只给" not in b"".join(others.waiting).decode()
    await run.send()
    counts = {name: part["count"] for name, part in (await whole.read("lilei", "/me/todo")).items()}
    assert heard(client) == [{"person": person.id, **counts}]
    assert counts["announcements"] == 1


def conversation(name: str, agent: str, begin: datetime) -> CallRecord:
    return replace(
        CALL,
        linkedid=linkedid_of(name),
        agent=agent,
        arrived_at=begin,
        answered_at=begin,
        ended_at=begin + timedelta(seconds=60),
        talk_seconds=60.0,
    )


async def test_W1_the_list_of_a_person_has_what_waits_for_them_and_nothing_of_others(whole: WholeCentre) -> None:
    now = clock.now()
    mine, done = conversation("pbx1-7.1", "1001", now), conversation("pbx1-7.2", "1001", now)
    others, old = conversation("pbx1-7.3", "1002", now), conversation("pbx1-7.4", "1001", now - timedelta(days=3))
    await whole.centre.calls.keep([mine, done, others, old])
    case = await whole.send("lilei", "POST", "/cases", {"what_happened": "螃蟹坏了", "severity": "minor"})
    news = await whole.send("supervisor", "POST", "/announcements", {"title": "通知", "body": "x", "agents": ["1001"]})
    await whole.send(
        "lilei",
        "PUT",
        f"/calls/{done.id}/record",
        {"state": "done", "reason_text": "问价", "progress": "已答复"},
        **{"If-Match": "*"},
    )
    todo = await whole.read("lilei", "/me/todo")
    assert {name: [item["id"] for item in part["items"]] for name, part in todo.items()} == {
        "calls_without_record": [mine.id],
        "return_calls": [],
        "cases": [case["number"]],
        "cases_of_absent": [],
        "announcements": [news["id"]],
    }
    assert not any(part["more"] for part in todo.values())
    await whole.send("lilei", "POST", f"/announcements/{news['id']}/read", {})
    assert (await whole.read("lilei", "/me/todo"))["announcements"]["count"] == 0
    theirs = await whole.read("hanmei", "/me/todo")
    assert [item["id"] for item in theirs["calls_without_record"]["items"]] == [others.id]
    assert (theirs["cases"]["count"], theirs["announcements"]["count"]) == (0, 0)
    # A person without an agent number has no calls; nobody reads it without signing in.
    assert (await whole.read("supervisor", "/me/todo"))["calls_without_record"]["count"] == 0
    assert (await whole.ask("", "GET", "/me/todo"))[0] == 401


async def test_W1_a_finished_record_and_a_read_announcement_change_the_counts_of_the_feed(whole: WholeCentre) -> None:
    person = (await whole.centre.web_services.people.by_login("lilei")).person  # type: ignore[union-attr]
    client = whole.centre.feed.join(person)
    run = whole.centre.contributions.tasks["todo"].__self__  # type: ignore[attr-defined]
    call = conversation("pbx1-8.1", "1001", clock.now())
    await whole.centre.calls.keep([call])
    news = await whole.send("supervisor", "POST", "/announcements", {"title": "通知", "body": "x", "agents": ["1001"]})
    await run.send()
    assert [(data["calls_without_record"], data["announcements"]) for data in heard(client)] == [(1, 1)]
    record = {"state": "done", "reason_text": "问价", "progress": "已答复"}
    # A leader may finish it as well.
    await whole.send("supervisor", "PUT", f"/calls/{call.id}/record", record, **{"If-Match": "*"})
    await run.send()
    await whole.send("lilei", "POST", f"/announcements/{news['id']}/read", {})
    await run.send()
    assert [(data["calls_without_record"], data["announcements"]) for data in heard(client)] == [(0, 1), (0, 0)]
