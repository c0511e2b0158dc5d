"""Tests calls, offers and flags as users see them over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from callcenter.calls.http import routes as call_routes
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallFilter, CallService
from callcenter.flags.http import routes as flag_routes
from callcenter.flags.queries import FlagQueries
from callcenter.flags.service import FlagService
from callcenter.storage.database import Database
from tests.calls.test_ingest import ANSWERED, NOW, RULES, reader, write_whole
from tests.support.web_centre import WebCentre, open_web_centre

API = "/api/v1"
R5 = "R5:pbx1-1795459883.4"


@pytest_asyncio.fixture
async def centre(database: Database, tmp_path: Path) -> AsyncIterator[WebCentre]:
    (tmp_path / "cel-custom").mkdir()
    write_whole(tmp_path)
    await reader(database, tmp_path).catch_up()
    calls = CallService(database, "pbx1", RuleBook(RULES))
    flags = FlagService(database, RuleBook(RULES), lambda: NOW)
    await flags.recompute(await calls.find(CallFilter()))
    routes = call_routes(
        calls, {"flags": FlagQueries(database).of_calls}, lambda agent: {"13800138000"} if agent == "1001" else set()
    )
    async with open_web_centre(database, routes, flag_routes(flags, FlagQueries(database))) as opened:
        yield opened


async def test_pages_of_calls_meet_without_gap_or_double(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    seen: list[str] = []
    cursor = ""
    while True:
        page = await (await centre.client.get(f"{API}/calls?limit=3{cursor}")).json()
        seen += [call["id"] for call in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(seen) == len(set(seen)) == 7


async def test_filters_narrow_the_list(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    page = await (await centre.client.get(f"{API}/calls?outcome=answered&agent=1002&line=hotline")).json()
    assert [call["agent"] for call in page["items"]] == ["1002", "1002"]
    assert (await centre.client.get(f"{API}/calls?outcome=nonsense")).status == 422


async def test_a_leader_sees_the_number_and_an_agent_a_part_of_it(centre: WebCentre) -> None:
    for login, number, name in (("supervisor", "13800138000", "Li Ming"), ("lilei", "138****8000", "")):
        await centre.sign_in(login)
        call = await (await centre.client.get(f"{API}/calls/{ANSWERED}")).json()
        assert (call["caller_number"], call["caller_name"]) == (number, name)


async def test_an_unknown_call_is_a_problem_with_a_stable_code(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    response = await centre.client.get(f"{API}/calls/none")
    assert (response.status, (await response.json())["code"]) == (404, "call_not_found")


async def test_offers_are_listed_by_agent(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    page = await (await centre.client.get(f"{API}/offers?agent=1003")).json()
    assert [offer["outcome"] for offer in page["items"]] == ["no_answer", "no_answer"]


async def test_R5_a_flag_is_confirmed_once_with_a_name_and_a_reason(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    (flag,) = (await (await centre.client.get(f"{API}/flags?clause=R5")).json())["items"]
    assert (flag["id"], flag["clause"], flag["policy_version"], flag["state"]) == (R5, "R5", "2026-11", "raised")
    path = f"{API}/flags/{R5}/confirm"
    assert (await centre.client.post(path, json={"reason": ""}, headers=centre.proof)).status == 422
    decided = await (await centre.client.post(path, json={"reason": "heard it"}, headers=centre.proof)).json()
    assert (decided["state"], decided["by"], decided["reason"]) == ("confirmed", "supervisor", "heard it")
    again = await centre.client.post(path, json={"reason": "again"}, headers=centre.proof)
    assert (again.status, (await again.json())["code"]) == (409, "illegal_transition")


async def test_leaders_list_flags_by_clause_with_the_number_undecided(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    late = (await (await centre.client.get(f"{API}/flags?clause=R1")).json())["items"]
    assert {flag["facts"]["side"] for flag in late} == {"caller"}, "nobody saw a phone ring, but callers waited"
    counted = (await (await centre.client.get(f"{API}/flags/summary?by=clause")).json())["items"]
    assert counted == [
        {"value": "R1", "raised": len(late), "confirmed": 0, "annulled": 0},
        {"value": "R5", "raised": 1, "confirmed": 0, "annulled": 0},
    ]
    await centre.sign_in("lilei")
    assert (await centre.client.get(f"{API}/flags/summary")).status == 403


async def test_an_agent_sees_own_flags_only_and_decides_none(centre: WebCentre) -> None:
    await centre.sign_in("hanmei")
    assert (await (await centre.client.get(f"{API}/flags")).json())["items"] == []
    response = await centre.client.post(f"{API}/flags/{R5}/annul", json={"reason": "x"}, headers=centre.proof)
    assert response.status == 403


async def test_an_agent_cannot_guess_a_masked_number_but_sees_the_last_calls_of_their_own_caller(
    centre: WebCentre,
) -> None:
    await centre.sign_in("lilei")
    guess = await centre.client.get(f"{API}/calls?number=13900139000")
    assert (guess.status, (await guess.json())["code"]) == (403, "number_not_yours")
    assert (await centre.client.get(f"{API}/calls?number=13800138000")).status == 200
    await centre.sign_in("supervisor")
    assert (await centre.client.get(f"{API}/calls?number=13900139000")).status == 200


async def test_a_call_names_the_flags_that_were_raised_on_it(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    flags = (await (await centre.client.get(f"{API}/flags")).json())["items"]
    call = flags[0]["call"]
    record = await (await centre.client.get(f"{API}/calls/{call}")).json()
    assert sorted(record["flags"]) == sorted(flag["id"] for flag in flags if flag["call"] == call)
