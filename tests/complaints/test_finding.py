"""Tests full-text search of cases, and saved filters."""

from __future__ import annotations

from dataclasses import replace

from callcenter.complaints.finding.filter import CaseConditions
from callcenter.complaints.finding.queries import CaseSearch
from callcenter.storage.database import Database
from tests.complaints.room import ANGRY, Room


async def numbers(room: Room, query: str) -> list[str]:
    status, page, _ = await room.ask("GET", f"/cases?{query}")
    assert status == 200, page
    return [case["number"] for case in page["items"]]


async def test_a_case_is_found_by_what_was_taken_down_stated_and_remarked(room: Room) -> None:
    await room.web.sign_in("lilei")
    by = await room.person("lilei")
    duck = (await room.opening.open(ANGRY, by)).number
    chips = (await room.opening.open(replace(ANGRY, what_happened="薯片受潮", product="薯片"), by)).number
    assert await numbers(room, "q=薯片受潮") == [chips]
    assert await numbers(room, "q=王芳") == [chips, duck]
    await room.cases.state_it(duck, "findings", "封口机温度偏低", by)
    assert await numbers(room, "q=封口机") == [duck]
    await room.cases.correct(chips, "客户又来电，说是<b>第三次</b>", by)
    assert await numbers(room, "q=第三次") == [chips]
    await room.cases.write(chips, replace(ANGRY, what_happened="薯片有异味", product="薯片"), by)
    assert await numbers(room, "q=受潮") == []
    assert await numbers(room, f"q={chips}") == [chips]


async def test_how_a_customer_is_reached_cannot_be_guessed_by_searching(room: Room) -> None:
    await room.web.sign_in("lilei")
    await room.opening.open(replace(ANGRY, email="wang@example.com", im="wx-wang", address="芙蓉路"), None)
    for words in (ANGRY.phone, "13800138", "wang@example.com", "wx-wang", "芙蓉路"):
        assert await numbers(room, f"q={words}") == []


async def test_words_and_filters_narrow_each_other_and_pages_meet(room: Room) -> None:
    await room.web.sign_in("lilei")
    cases = [
        (await room.opening.open(replace(ANGRY, department="kitchen" if at % 3 else "delivery"), None)).number
        for at in range(9)
    ]
    assert await numbers(room, "q=漏气&department=delivery") == [cases[6], cases[3], cases[0]]
    seen: list[str] = []
    cursor = ""
    while True:
        _, page, _ = await room.ask("GET", f"/cases?q=漏气&limit=2{cursor}")
        seen += [case["number"] for case in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == cases[::-1]


async def test_the_words_are_shown_in_context(room: Room, database: Database) -> None:
    number = (await room.opening.open(ANGRY, None)).number
    search = CaseSearch(database)
    result, following = await search.find("退货", CaseConditions())
    assert ([case.number for case in result], following) == ([number], None)
    ((_, text),) = await search.with_texts([number])
    assert "酱板鸭漏气，退货被拒" in text


async def test_a_filter_is_kept_under_a_name_and_may_be_shared(room: Room) -> None:
    await room.web.sign_in("supervisor")
    number = (await room.opening.open(ANGRY, None)).number
    await room.opening.open(replace(ANGRY, department="kitchen"), None)
    body = {"name": "送货漏气", "shared": True, "filter": {"q": "漏气", "department": "delivery", "open": True}}
    status, saved, _ = await room.ask("POST", "/case-filters", body)
    assert (status, saved["mine"], saved["filter"]["q"]) == (201, True, "漏气")
    status, problem, _ = await room.ask("POST", "/case-filters", body)
    assert (status, problem["code"]) == (409, "case_filter_taken")
    status, own, _ = await room.ask("POST", "/case-filters", {**body, "name": "我的", "shared": False})
    assert status == 201

    await room.web.sign_in("lilei")
    _, page, _ = await room.ask("GET", "/case-filters")
    assert [(entry["name"], entry["mine"]) for entry in page["items"]] == [("送货漏气", False)]
    assert await numbers(room, f"saved={saved['id']}") == [number]
    assert await numbers(room, f"saved={saved['id']}&department=kitchen") != [number]
    for path in (f"/cases?saved={own['id']}", "/cases?saved=none"):
        status, problem, _ = await room.ask("GET", path)
        assert (status, problem["code"]) == (404, "case_filter_not_found")
    assert (await room.ask("DELETE", f"/case-filters/{saved['id']}"))[0] == 404
    await room.web.sign_in("supervisor")
    assert (await room.ask("DELETE", f"/case-filters/{saved['id']}"))[0] == 204


async def test_a_filter_of_things_that_are_not_there_is_refused(room: Room) -> None:
    await room.web.sign_in("lilei")
    for wrong in ({"colour": "red"}, {"state": "lost"}, {"q": "x" * 201}):
        status, problem, _ = await room.ask("POST", "/case-filters", {"name": "x", "filter": wrong})
        assert (status, problem["code"]) == (422, "invalid"), problem


async def test_a_case_whose_call_is_unknown_is_not_opened_and_no_number_is_lost(room: Room) -> None:
    await room.web.sign_in("lilei")
    status, problem, _ = await room.ask("POST", "/cases", {"what_happened": "漏气", "call": "pbx1-none.1"})
    assert (status, problem["code"]) == (404, "call_not_found")
    assert await numbers(room, "") == []
    status, case, _ = await room.ask("POST", "/cases", {"what_happened": "漏气"})
    assert status == 201
    assert case["number"].endswith("-0001")
