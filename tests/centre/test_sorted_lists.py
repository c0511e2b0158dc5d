"""Tests the orders and totals of the lists over HTTP: pages follow each other, a cursor belongs to its order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.storage.database import Database
from callcenter.web.routes import encode_cursor
from tests.support.whole_centre import WholeCentre, open_whole_centre


@pytest_asyncio.fixture
async def whole(database: Database, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with open_whole_centre(database, tmp_path, logins=("supervisor", "lilei")) as opened:
        for number in range(5):
            await opened.send("supervisor", "POST", "/cases", {"what_happened": f"坏了{number}", "severity": "minor"})
            await opened.send("supervisor", "POST", "/customers", {"name": f"客户{4 - number}"})
        yield opened


async def test_pages_of_an_order_follow_each_other_and_both_directions_agree(whole: WholeCentre) -> None:
    for path, sort in (("cases", "opened_at"), ("cases", "due_at"), ("customers", "name"), ("customers", "created_at")):
        key = "number" if path == "cases" else "id"
        walked = {}
        for direction in ("", "-"):
            ids, cursor = [], ""
            while True:
                page = await whole.read("lilei", f"/{path}?sort={direction}{sort}&limit=2{cursor}")
                ids += [item[key] for item in page["items"]]
                if page["next"] is None:
                    break
                cursor = f"&cursor={page['next']}"
            walked[direction] = ids
        assert len(walked[""]) == len(set(walked[""])) == 5
        if sort != "due_at":
            assert walked[""] == walked["-"][::-1]
    names = [file["name"] for file in (await whole.read("lilei", "/customers?sort=-name"))["items"]]
    assert names == [f"客户{number}" for number in (4, 3, 2, 1, 0)]


async def test_a_total_is_given_where_it_is_asked_for_and_counts_the_filtered_list(whole: WholeCentre) -> None:
    page = await whole.read("supervisor", "/cases?limit=1&total=estimate")
    assert (len(page["items"]), page["total"], page["total_exact"]) == (1, 5, True)
    page = await whole.read("supervisor", "/customers?name=客户3&total=estimate&sort=name")
    assert (page["total"], page["total_exact"]) == (1, True)
    for path in ("callbacks", "scores"):
        page = await whole.read("lilei", f"/{path}?total=estimate&sort=-{'due_at' if path == 'callbacks' else 'total'}")
        assert (page["items"], page["total"], page["total_exact"]) == ([], 0, True)
    page = await whole.read("supervisor", "/cases")
    assert (page["total"], page["total_exact"]) == (None, None)


async def test_a_cursor_of_another_order_is_refused(whole: WholeCentre) -> None:
    page = await whole.read("supervisor", "/cases?sort=opened_at&limit=2")
    for other in ("sort=-opened_at&", "sort=due_at&", ""):
        status, problem = await whole.ask("supervisor", "GET", f"/cases?{other}cursor={page['next']}")
        assert (status, problem["code"]) == (422, "bad_cursor")


async def test_a_search_for_words_keeps_its_own_order(whole: WholeCentre) -> None:
    for path in ("cases", "customers"):
        sort = "opened_at" if path == "cases" else "name"
        status, problem = await whole.ask("supervisor", "GET", f"/{path}?q=坏了&sort={sort}")
        assert (status, problem["code"]) == (422, "sort_with_words")


@pytest.mark.parametrize("list_", ["cases", "callbacks", "customers", "scores"])
async def test_hostile_orders_and_cursors_are_refused(whole: WholeCentre, list_: str) -> None:
    sorts = {"cases": "due_at", "callbacks": "due_at", "customers": "name", "scores": "total"}
    for query in ("sort=id", "sort=", "sort=name;drop", "sort=--due_at", "total=exact", "sort=due_at,-due_at"):
        assert (await whole.ask("lilei", "GET", f"/{list_}?{query}"))[0] == 422
    sort = sorts[list_]
    places: tuple[tuple[object, ...], ...] = (
        (sort, "x\0", "1"),
        (sort, 10**400, "1"),
        (sort, [], "1"),
        (sort, None, None),
        (sort,),
        (sort, "0001-01-01T00:00:00", "1"),
        (sort, "9999-12-31T23:59:59-23:00", "1"),
        (sort, "a", "\0"),
    )
    for place in places:
        status, answer = await whole.ask("lilei", "GET", f"/{list_}?sort={sort}&cursor={encode_cursor(*place)}")
        assert status in (200, 422), (place, answer)
