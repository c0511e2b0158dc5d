"""Tests drafts, one's own settings and one's own sessions, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from callcenter.storage.database import Database
from tests.support.web_centre import WebCentre, open_web_centre


@pytest_asyncio.fixture
async def centre(database: Database, tmp_path: Path) -> AsyncIterator[WebCentre]:
    async with open_web_centre(database, keys=tmp_path / "keys") as opened:
        await opened.sign_in("lilei")
        yield opened


async def ask(
    centre: WebCentre, method: str, path: str, body: Any = None, if_match: str | None = None
) -> tuple[int, Any, str | None]:
    headers = {**centre.proof, **({"If-Match": if_match} if if_match else {})}
    answer = await centre.client.request(method, f"/api/v1{path}", json=body, headers=headers)
    document = await answer.json() if answer.status != 204 else None
    return answer.status, document, answer.headers.get("ETag")


DRAFT = "/drafts/call_record/pbx1-1.1"


async def test_what_was_typed_is_kept_until_it_is_discarded(centre: WebCentre) -> None:
    assert (await ask(centre, "GET", DRAFT))[1]["code"] == "unknown_draft"
    status, _, tag = await ask(centre, "PUT", DRAFT, {"value": {"progress": "已问"}})
    assert (status, tag is not None) == (200, True)
    status, read, same = await ask(centre, "GET", DRAFT)
    assert (status, read["value"], same) == (200, {"progress": "已问"}, tag)
    assert [draft["key"] for draft in (await ask(centre, "GET", "/drafts?kind=call_record"))[1]["items"]] == [
        "pbx1-1.1"
    ]
    assert (await ask(centre, "DELETE", DRAFT))[0] == 204
    assert (await ask(centre, "DELETE", DRAFT))[0] == 204
    assert (await ask(centre, "GET", DRAFT))[0] == 404


async def test_a_second_window_does_not_overwrite_what_the_first_one_wrote(centre: WebCentre) -> None:
    _, _, first = await ask(centre, "PUT", DRAFT, {"value": {"progress": "一"}})
    assert (await ask(centre, "PUT", DRAFT, {"value": {"progress": "二"}}))[0] == 428
    assert (await ask(centre, "PUT", DRAFT, {"value": {"progress": "二"}}, first))[0] == 200
    assert (await ask(centre, "PUT", DRAFT, {"value": {"progress": "三"}}, first))[0] == 412
    assert (await ask(centre, "GET", DRAFT))[1]["value"] == {"progress": "二"}


async def test_a_draft_is_its_owners_and_ends_after_thirty_days(centre: WebCentre) -> None:
    await ask(centre, "PUT", DRAFT, {"value": {"progress": "已问"}})
    await centre.sign_in("boss")
    assert (await ask(centre, "GET", DRAFT))[0] == 404
    assert (await ask(centre, "GET", "/drafts"))[1]["items"] == []
    centre.time.pass_by(days=31)
    await centre.sign_in("lilei")
    assert (await ask(centre, "GET", DRAFT))[0] == 404


async def test_drafts_are_bounded_in_size_number_and_names(centre: WebCentre) -> None:
    large = {"value": {"text": "字" * 25_000}}
    assert (await ask(centre, "PUT", DRAFT, large))[1]["code"] == "bad_draft"
    assert (await ask(centre, "PUT", "/drafts/Call/x", {"value": {}}))[1]["code"] == "bad_draft"
    for number in range(200):
        assert (await ask(centre, "PUT", f"/drafts/note/n{number}", {"value": {}}))[0] == 200
    assert (await ask(centre, "PUT", "/drafts/note/more", {"value": {}}))[1]["code"] == "too_many_drafts"


async def test_own_settings_are_kept_per_person(centre: WebCentre) -> None:
    _, settings, tag = await ask(centre, "GET", "/me/settings")
    assert settings["theme"] == "system"
    changed = {**settings, "theme": "dark", "favourites": ["1002"], "keys": {"answer": "F2"}}
    assert (await ask(centre, "PUT", "/me/settings", changed, tag))[0] == 200
    assert (await ask(centre, "GET", "/me/settings"))[1] == changed
    assert (await ask(centre, "PUT", "/me/settings", settings, tag))[0] == 412
    assert (await ask(centre, "PUT", "/me/settings", {**changed, "theme": "pink"}, tag))[0] == 422
    await centre.sign_in("boss")
    assert (await ask(centre, "GET", "/me/settings"))[1]["theme"] == "system"


async def test_own_sessions_are_listed_and_ended_one_by_one(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    listed = (await ask(centre, "GET", "/me/sessions"))[1]["items"]
    assert sorted(session["current"] for session in listed) == [False, True]
    other = next(session["id"] for session in listed if not session["current"])
    assert (await ask(centre, "DELETE", f"/me/sessions/{other}"))[0] == 204
    assert (await ask(centre, "DELETE", f"/me/sessions/{other}"))[1]["code"] == "unknown_session"
    for id in ("", "%25", "_" * 16, "a"):
        assert (await ask(centre, "DELETE", f"/me/sessions/{id}"))[0] in (404, 405)
    assert [session["current"] for session in (await ask(centre, "GET", "/me/sessions"))[1]["items"]] == [True]


async def test_a_session_of_another_person_cannot_be_ended(centre: WebCentre) -> None:
    own = (await ask(centre, "GET", "/me/sessions"))[1]["items"][0]["id"]
    await centre.sign_in("boss")
    assert (await ask(centre, "DELETE", f"/me/sessions/{own}"))[1]["code"] == "unknown_session"


async def test_a_program_has_no_drafts_or_settings(centre: WebCentre) -> None:
    roles = frozenset(role for role in (await centre.web_services.people.living_login("boss")).person.roles)
    boss = (await centre.web_services.people.living_login("boss")).person
    _, token = await centre.web_services.tokens.add("robot", roles, None, boss)
    answer = await centre.client.put(
        f"/api/v1{DRAFT}", json={"value": {}}, headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status, (await answer.json())["code"]) == (403, "not_a_person")
