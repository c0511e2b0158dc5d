"""Tests the second factor: enrolled by its owner, required at sign-in and by role, each code once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest_asyncio
from sqlalchemy import text

from callcenter.storage.database import Database
from tests.support.web_centre import PASSWORD, WebCentre, open_web_centre


@pytest_asyncio.fixture
async def centre(database: Database, tmp_path: Path) -> AsyncIterator[WebCentre]:
    async with open_web_centre(database, keys=tmp_path / "keys") as opened:
        yield opened


async def ask(centre: WebCentre, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    sent = {**centre.proof, **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = await centre.client.request(method, f"/api/v1{path}", json=body, headers=sent)
    return answer.status, (await answer.json() if answer.status != 204 else None)


def now_code(centre: WebCentre, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(centre.time.now.timestamp()) // 30 + steps)


async def enrolled(centre: WebCentre, login: str = "lilei") -> tuple[str, list[str]]:
    """The secret and the recovery codes of a person who has just enrolled."""
    await centre.sign_in(login)
    status, begun = await ask(centre, "POST", "/session/totp", {"password": PASSWORD})
    assert status == 201, begun
    status, done = await ask(centre, "POST", "/session/totp/confirm", {"code": now_code(centre, begun["secret"])})
    assert status == 200, done
    centre.time.pass_by(seconds=90)
    return begun["secret"], done["recovery_codes"]


async def sign_in(centre: WebCentre, code: str | None, login: str = "lilei", password: str = PASSWORD) -> str:
    body = {"login": login, "password": password} | ({} if code is None else {"code": code})
    answer = await centre.client.post("/api/v1/session", json=body)
    document = await answer.json()
    return "in" if answer.status == 200 else str(document["code"])


async def test_a_device_is_asked_for_beside_the_password_once_it_is_enrolled(centre: WebCentre) -> None:
    secret, recovery = await enrolled(centre)
    assert (len(secret), len(set(recovery))) == (32, 10)
    assert await sign_in(centre, None) == "totp_required"
    assert await sign_in(centre, None, password="wrong") == "wrong_login"
    assert await sign_in(centre, now_code(centre, secret), password="wrong") == "wrong_login"
    assert await sign_in(centre, "000000") == "wrong_code"
    assert await sign_in(centre, now_code(centre, secret, 5)) == "wrong_code"
    assert await sign_in(centre, now_code(centre, secret)) == "in"


async def test_a_code_counts_once_and_none_before_it_counts_after(centre: WebCentre) -> None:
    secret, _ = await enrolled(centre)
    code, before = now_code(centre, secret), now_code(centre, secret, -1)
    assert await sign_in(centre, code) == "in"
    assert await sign_in(centre, code) == "wrong_code"
    assert await sign_in(centre, before) == "wrong_code"
    centre.time.pass_by(seconds=30)
    assert await sign_in(centre, now_code(centre, secret)) == "in"


async def test_of_many_at_once_with_one_code_one_is_let_in(centre: WebCentre) -> None:
    secret, recovery = await enrolled(centre)
    person = centre.ids["lilei"]
    for code in (now_code(centre, secret), recovery[3]):
        answers = await asyncio.gather(
            *(centre.web_services.factors.check(person, code) for _ in range(5)), return_exceptions=True
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", *["WrongCode"] * 4]


async def test_a_recovery_code_opens_the_door_once(centre: WebCentre) -> None:
    _, recovery = await enrolled(centre)
    assert await sign_in(centre, recovery[0].upper()) == "in"
    assert await sign_in(centre, recovery[0]) == "wrong_code"
    assert await sign_in(centre, recovery[1]) == "in"


async def test_codes_are_not_guessed_at_full_speed_by_who_knows_the_password(centre: WebCentre) -> None:
    await enrolled(centre)
    for _ in range(9):
        assert await sign_in(centre, "000000") == "wrong_code"
    assert centre.time.waited == [1, 2, 4, 4]


async def test_values_that_are_shown_once_are_not_in_the_database(centre: WebCentre, database: Database) -> None:
    secret, recovery = await enrolled(centre)
    async with database.read() as session:
        rows = (await session.execute(text("SELECT * FROM second_factor"))).all()
        entries = (await session.execute(text("SELECT * FROM audit"))).all()
    stored = str(rows) + str(entries)
    assert secret not in stored
    assert not any(code in stored for code in recovery)


async def test_the_password_is_asked_for_before_a_device_is_taken_or_removed(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    assert (await ask(centre, "POST", "/session/totp", {"password": "wrong"}))[1]["code"] == "wrong_login"
    assert (await ask(centre, "POST", "/session/totp/confirm", {"code": "000000"}))[1]["code"] == "totp_missing"
    secret, _ = await enrolled(centre)
    assert (await ask(centre, "POST", "/session/totp", {"password": PASSWORD}))[1]["code"] == "totp_exists"
    wrong = {"password": PASSWORD, "code": "000000"}
    assert (await ask(centre, "POST", "/session/totp/remove", wrong))[1]["code"] == "wrong_code"
    right = {"password": PASSWORD, "code": now_code(centre, secret)}
    assert (await ask(centre, "POST", "/session/totp/remove", right))[0] == 204
    assert await sign_in(centre, None) == "in"


async def test_a_manager_demands_it_of_a_role_and_then_nothing_else_is_answered_before(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    assert (await ask(centre, "PUT", "/sign-in-policy", {"totp_roles": []}))[0] == 403
    await centre.sign_in("manager")
    assert (await ask(centre, "PUT", "/sign-in-policy", {"totp_roles": ["agent"]}))[1]["code"] == "if_match_required"
    tag = (await centre.client.get("/api/v1/sign-in-policy")).headers["ETag"]
    status, policy = await ask(centre, "PUT", "/sign-in-policy", {"totp_roles": ["supervisor"]}, If_Match=tag)
    assert (status, policy) == (200, {"totp_roles": ["supervisor"]})
    signed = await (await centre.sign_in("supervisor")).json()
    assert signed["must_enrol_totp"] is True
    status, problem = await ask(centre, "GET", "/people")
    assert (status, problem["code"]) == (403, "totp_must_enrol")
    await enrolled(centre, "supervisor")
    assert (await ask(centre, "GET", "/people"))[0] == 200
    assert (await ask(centre, "GET", "/session"))[1]["must_enrol_totp"] is False
    signed = await (await centre.sign_in("lilei")).json()
    assert signed["must_enrol_totp"] is False


async def test_an_administrator_resets_a_lost_device_and_the_persons_sessions_end(centre: WebCentre) -> None:
    await enrolled(centre)
    await centre.sign_in("boss")
    assert (await ask(centre, "DELETE", f"/people/{centre.ids['lilei']}/totp"))[0] == 204
    assert (await ask(centre, "DELETE", f"/people/{centre.ids['lilei']}/totp"))[1]["code"] == "totp_missing"
    assert await sign_in(centre, None) == "in"
    (entry,) = await centre.web_services.audit.page(10, action="totp.removed")
    assert (entry.actor, entry.subject) == ("boss", centre.ids["lilei"])
