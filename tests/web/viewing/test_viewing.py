"""Tests who has the same thing open: at once, until their page is silent, and only with the right to see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from callcenter.errors import Forbidden
from callcenter.web.own.service import NotAPerson
from callcenter.web.ports import Audience, DeltaKind
from callcenter.web.roles import Person, Role
from callcenter.web.viewing.model import MOST_OF_ONE, ViewKind
from callcenter.web.viewing.service import Viewing
from tests.support.rooms import BOSS, SetClock, person

LILEI, HANMEI = person("1001"), person("1002")
CASE = "TS-20261127-0001"


async def may(key: str, by: Person) -> None:
    if key == "secret" and by.agent:
        raise Forbidden("not yours")


class Pages:
    def __init__(self) -> None:
        self.clock = SetClock()
        self.shown: list[tuple[str, Mapping[str, Any], Audience]] = []
        self.viewing = Viewing(self.clock, self.publish, dict.fromkeys(ViewKind, may))

    def publish(self, kind: DeltaKind[Any], data: Any, agents: Audience = None) -> None:
        self.shown.append((kind, data, agents))

    async def see(self, by: Person, key: str = CASE, *, writing: bool = False) -> list[str]:
        return [viewer.login for viewer in await self.viewing.see(ViewKind.CASE, key, by, writing=writing)]

    @property
    def people(self) -> list[str]:
        return [viewer["login"] for viewer in self.shown[-1][1]["people"]]


async def test_each_learns_who_else_has_the_case_open_and_writes_in_it() -> None:
    pages = Pages()
    assert await pages.see(LILEI) == ["agent1001"]
    pages.clock.move(seconds=1)
    assert await pages.see(BOSS, writing=True) == ["agent1001", "boss"]
    kind, delta, audience = pages.shown[-1]
    assert (kind, delta["kind"], delta["key"]) == ("viewing", "case", CASE)
    assert [viewer["writing"] for viewer in delta["people"]] == [False, True]
    assert audience == frozenset({"1001"})
    # The same again is no news.
    await pages.see(LILEI)
    await pages.see(BOSS, writing=True)
    assert len(pages.shown) == 2
    await pages.see(BOSS)
    assert [viewer["writing"] for viewer in pages.shown[-1][1]["people"]] == [False, False]


async def test_a_page_that_leaves_or_falls_silent_is_gone() -> None:
    pages = Pages()
    await pages.see(LILEI)
    await pages.see(HANMEI)
    await pages.viewing.leave(ViewKind.CASE, CASE, HANMEI)
    assert pages.people == ["agent1001"]
    assert pages.shown[-1][2] == frozenset({"1001", "1002"})
    count = len(pages.shown)
    await pages.viewing.leave(ViewKind.CASE, CASE, HANMEI)
    pages.clock.move(seconds=44)
    pages.viewing.expire()
    assert len(pages.shown) == count
    pages.clock.move(seconds=1)
    pages.viewing.expire()
    assert pages.people == []
    assert await pages.see(HANMEI) == ["agent1002"]


async def test_a_page_that_goes_on_stays_and_keeps_its_place() -> None:
    pages = Pages()
    await pages.see(HANMEI)
    for _ in range(5):
        pages.clock.move(seconds=20)
        await pages.see(HANMEI)
        pages.viewing.expire()
    assert await pages.see(LILEI) == ["agent1002", "agent1001"]


async def test_only_people_with_the_right_to_see_it_view_it() -> None:
    pages = Pages()
    with pytest.raises(Forbidden):
        await pages.see(LILEI, "secret")
    with pytest.raises(NotAPerson):
        await pages.see(Person("token:x", "crm", "CRM", frozenset({Role.AGENT})))
    assert pages.shown == []
    assert await pages.see(BOSS, "secret") == ["boss"]


async def test_one_person_views_so_many_things_at_most() -> None:
    pages = Pages()
    for place in range(MOST_OF_ONE + 5):
        pages.clock.move(seconds=0.1)
        await pages.see(LILEI, f"case{place}")
    pages.clock.move(seconds=1)
    assert await pages.see(HANMEI, "case0") == ["agent1002"]
    assert await pages.see(HANMEI, f"case{MOST_OF_ONE + 4}") == ["agent1001", "agent1002"]
