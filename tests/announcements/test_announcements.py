"""Tests announcements: their recipients, their readers, and that published text never changes (H2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from callcenter.announcements.http import routes
from callcenter.announcements.model import (
    Announcement,
    BadAnnouncement,
    UnreadAnnouncements,
    check_announcement,
    is_for,
)
from callcenter.announcements.service import AnnouncementService
from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.site import web_app
from tests.support.web_centre import WebCentre, open_web_centre

NEWS: dict[str, Any] = {"title": "中秋月饼促销", "body": "买二送一，至九月底", "kind": "promotion", "must_read": True}


@dataclass
class Board:
    web: WebCentre
    service: AnnouncementService
    emitted: list[tuple[str, Any]]

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.web.client.request(method, f"/api/v1{path}", json=body, headers=self.web.proof)
        text = await answer.text()
        return answer.status, await answer.json() if text else None

    async def publish(self, **more: Any) -> Any:
        await self.web.sign_in("supervisor")
        status, news = await self.ask("POST", "/announcements", {**NEWS, **more})
        assert status == 201, news
        return news

    async def titles(self, login: str, query: str = "") -> list[str]:
        await self.web.sign_in(login)
        return [entry["title"] for entry in (await self.ask("GET", f"/announcements{query}"))[1]["items"]]


@pytest_asyncio.fixture
async def board(database: Database) -> AsyncIterator[Board]:
    async with open_web_centre(database) as early:
        emitted: list[tuple[str, Any]] = []

        async def emit(_: object, kind: str, data: Any) -> None:
            emitted.append((kind, data))

        service = AnnouncementService(
            database, early.time, early.web_services.audit, early.web_services.people, early.feed.publish, emit
        )
        app = web_app(database, early.time, WebSettings(), early.web_services, early.feed, routes(service))
        async with TestClient(TestServer(app)) as client:
            yield Board(
                WebCentre(database, early.time, early.web_services, early.feed, client, ids=early.ids), service, emitted
            )


async def test_H2_an_announcement_is_unread_until_its_reader_confirms_it(board: Board) -> None:
    news = await board.publish()
    assert await board.titles("lilei", "?unread=true") == [NEWS["title"]]
    assert (await board.ask("POST", f"/announcements/{news['id']}/read"))[0] == 204
    board.web.time.pass_by(hours=1)
    assert (await board.ask("POST", f"/announcements/{news['id']}/read"))[0] == 204
    assert await board.titles("lilei", "?unread=true") == []
    assert await board.titles("lilei") == [NEWS["title"]]
    await board.web.sign_in("supervisor")
    receipts = (await board.ask("GET", f"/announcements/{news['id']}/receipts"))[1]["items"]
    read = {receipt["agent"]: receipt["at"] for receipt in receipts if receipt["agent"]}
    assert read["1001"] == news["published_at"], "the first time counts"
    assert read["1002"] is None
    assert [kind for kind, _ in board.emitted] == ["announcement.published"]


async def test_a_new_version_replaces_the_old_one_and_must_be_read_again(board: Board) -> None:
    first = await board.publish()
    await board.web.sign_in("lilei")
    await board.ask("POST", f"/announcements/{first['id']}/read")
    await board.publish(title="中秋月饼促销（更正）", replaces=first["id"])
    assert await board.titles("lilei", "?unread=true") == ["中秋月饼促销（更正）"]
    old = (await board.ask("GET", f"/announcements/{first['id']}"))[1]
    assert (old["title"], old["over_reason"]) == (NEWS["title"], "replaced")
    await board.web.sign_in("supervisor")
    again = await board.ask("POST", "/announcements", {**NEWS, "replaces": first["id"]})
    assert (again[0], again[1]["code"]) == (409, "announcement_over")


async def test_announcements_are_visible_to_their_readers_only(board: Board) -> None:
    await board.publish(title="主管会议", roles=["supervisor"])
    publish = await board.publish(title="给1001", agents=["1001"])
    assert await board.titles("lilei") == ["给1001"]
    assert await board.titles("hanmei") == []
    assert (await board.ask("GET", f"/announcements/{publish['id']}"))[0] == 404
    assert (await board.ask("POST", f"/announcements/{publish['id']}/read"))[0] == 404
    assert (await board.ask("GET", f"/announcements/{publish['id']}/receipts"))[0] == 403
    assert (await board.ask("POST", "/announcements", NEWS))[0] == 403


async def test_it_is_announced_from_its_beginning_until_its_end_or_its_withdrawal(board: Board) -> None:
    start = board.web.time() + timedelta(hours=1)
    span = {"valid_from": start.isoformat(), "valid_until": (start + timedelta(hours=1)).isoformat()}
    news = await board.publish(**span)
    assert await board.titles("lilei") == []
    board.web.time.pass_by(minutes=90)
    assert await board.titles("lilei") == [NEWS["title"]]
    await board.web.sign_in("supervisor")
    assert (await board.ask("POST", f"/announcements/{news['id']}/withdraw", {"reason": "价格有误"}))[0] == 204
    assert await board.titles("lilei") == []
    assert await board.titles("supervisor", "?everything=true") == [NEWS["title"]]


async def test_H2_what_must_be_read_is_named(board: Board) -> None:
    news = await board.publish()
    account = await board.web.web_services.people.by_login("lilei")
    assert account is not None
    with pytest.raises(UnreadAnnouncements) as refused:
        await board.service.must_be_read(account.person)
    assert refused.value.facts == {"titles": NEWS["title"]}
    await board.service.read(news["id"], account.person)
    await board.service.must_be_read(account.person)


@pytest.mark.parametrize(
    "wrong", [{"title": " "}, {"title": "a\nb"}, {"body": " "}, {"body": "a\0b"}, {"title": "x" * 201}]
)
def test_what_cannot_be_announced_is_refused_with_its_field(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadAnnouncement) as refused:
        check_announcement(Announcement(**{"title": "t", "body": "b", **wrong}))
    assert refused.value.facts["field"] == next(iter(wrong))


@given(
    st.frozensets(st.sampled_from("abc")), st.frozensets(st.sampled_from("abc")), st.frozensets(st.sampled_from("12"))
)
def test_an_announcement_without_readers_is_for_everyone(
    mine: frozenset[str], roles: frozenset[str], agents: frozenset[str]
) -> None:
    meant = is_for(mine, "1", roles, agents)
    assert meant == (not (roles or agents) or bool(mine & roles) or "1" in agents)
