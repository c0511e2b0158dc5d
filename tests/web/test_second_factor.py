"""A second factor: enrolled by its owner, asked for at signing in, demanded by role, each code once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest_asyncio
from sqlalchemy import text

from callcenter.storage.database import Database
from tests.support.web_centre import PASSWORD, Desk, open_desk


@pytest_asyncio.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, keys=tmp_path / "keys") as opened:
        yield opened


async def ask(desk: Desk, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    sent = {**desk.proof, **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = await desk.client.request(method, f"/api/v1{path}", json=body, headers=sent)
    return answer.status, (await answer.json() if answer.status != 204 else None)


def now_code(desk: Desk, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(int(desk.time.now.timestamp()) // 30 + steps)


async def enrolled(desk: Desk, login: str = "lilei") -> tuple[str, list[str]]:
    """The secret and the recovery codes of somebody who has just enrolled."""
    await desk.sign_in(login)
    status, begun = await ask(desk, "POST", "/session/totp", {"password": PASSWORD})
    assert status == 201, begun
    status, done = await ask(desk, "POST", "/session/totp/confirm", {"code": now_code(desk, begun["secret"])})
    assert status == 200, done
    desk.time.pass_by(seconds=90)
    return begun["secret"], done["recovery_codes"]


async def sign_in(desk: Desk, code: str | None, login: str = "lilei", password: str = PASSWORD) -> str:
    body = {"login": login, "password": password} | ({} if code is None else {"code": code})
    answer = await desk.client.post("/api/v1/session", json=body)
    document = await answer.json()
    return "in" if answer.status == 200 else str(document["code"])


async def test_a_device_is_asked_for_beside_the_password_once_it_is_enrolled(desk: Desk) -> None:
    secret, recovery = await enrolled(desk)
    assert (len(secret), len(set(recovery))) == (32, 10)
    assert await sign_in(desk, None) == "totp_required"
    assert await sign_in(desk, None, password="wrong") == "wrong_login"
    assert await sign_in(desk, now_code(desk, secret), password="wrong") == "wrong_login"
    assert await sign_in(desk, "000000") == "wrong_code"
    assert await sign_in(desk, now_code(desk, secret, 5)) == "wrong_code"
    assert await sign_in(desk, now_code(desk, secret)) == "in"


async def test_a_code_counts_once_and_none_before_it_counts_after(desk: Desk) -> None:
    secret, _ = await enrolled(desk)
    code, before = now_code(desk, secret), now_code(desk, secret, -1)
    assert await sign_in(desk, code) == "in"
    assert await sign_in(desk, code) == "wrong_code"
    assert await sign_in(desk, before) == "wrong_code"
    desk.time.pass_by(seconds=30)
    assert await sign_in(desk, now_code(desk, secret)) == "in"


async def test_of_many_at_once_with_one_code_one_is_let_in(desk: Desk) -> None:
    secret, recovery = await enrolled(desk)
    person = desk.ids["lilei"]
    for code in (now_code(desk, secret), recovery[3]):
        answers = await asyncio.gather(
            *(desk.house.factors.check(person, code) for _ in range(5)), return_exceptions=True
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", *["WrongCode"] * 4]


async def test_a_recovery_code_opens_the_door_once(desk: Desk) -> None:
    _, recovery = await enrolled(desk)
    assert await sign_in(desk, recovery[0].upper()) == "in"
    assert await sign_in(desk, recovery[0]) == "wrong_code"
    assert await sign_in(desk, recovery[1]) == "in"


async def test_codes_are_not_guessed_at_full_speed_by_who_knows_the_password(desk: Desk) -> None:
    await enrolled(desk)
    for _ in range(9):
        assert await sign_in(desk, "000000") == "wrong_code"
    assert desk.time.waited == [1, 2, 4, 4]


async def test_nothing_that_was_shown_once_lies_in_the_database(desk: Desk, database: Database) -> None:
    secret, recovery = await enrolled(desk)
    async with database.read() as session:
        rows = (await session.execute(text("SELECT * FROM second_factor"))).all()
        deeds = (await session.execute(text("SELECT * FROM audit"))).all()
    kept = str(rows) + str(deeds)
    assert secret not in kept
    assert not any(code in kept for code in recovery)


async def test_the_password_is_asked_for_before_a_device_is_taken_or_removed(desk: Desk) -> None:
    await desk.sign_in("lilei")
    assert (await ask(desk, "POST", "/session/totp", {"password": "wrong"}))[1]["code"] == "wrong_login"
    assert (await ask(desk, "POST", "/session/totp/confirm", {"code": "000000"}))[1]["code"] == "totp_missing"
    secret, _ = await enrolled(desk)
    assert (await ask(desk, "POST", "/session/totp", {"password": PASSWORD}))[1]["code"] == "totp_exists"
    wrong = {"password": PASSWORD, "code": "000000"}
    assert (await ask(desk, "POST", "/session/totp/remove", wrong))[1]["code"] == "wrong_code"
    right = {"password": PASSWORD, "code": now_code(desk, secret)}
    assert (await ask(desk, "POST", "/session/totp/remove", right))[0] == 204
    assert await sign_in(desk, None) == "in"


async def test_a_manager_demands_it_of_a_role_and_then_nothing_else_is_answered_before(desk: Desk) -> None:
    await desk.sign_in("supervisor")
    assert (await ask(desk, "PUT", "/sign-in-policy", {"totp_roles": []}))[0] == 403
    await desk.sign_in("manager")
    assert (await ask(desk, "PUT", "/sign-in-policy", {"totp_roles": ["agent"]}))[1]["code"] == "if_match_required"
    tag = (await desk.client.get("/api/v1/sign-in-policy")).headers["ETag"]
    status, policy = await ask(desk, "PUT", "/sign-in-policy", {"totp_roles": ["supervisor"]}, If_Match=tag)
    assert (status, policy) == (200, {"totp_roles": ["supervisor"]})
    signed = await (await desk.sign_in("supervisor")).json()
    assert signed["must_enrol_totp"] is True
    status, problem = await ask(desk, "GET", "/people")
    assert (status, problem["code"]) == (403, "totp_must_enrol")
    await enrolled(desk, "supervisor")
    assert (await ask(desk, "GET", "/people"))[0] == 200
    assert (await ask(desk, "GET", "/session"))[1]["must_enrol_totp"] is False
    signed = await (await desk.sign_in("lilei")).json()
    assert signed["must_enrol_totp"] is False


async def test_an_administrator_helps_who_has_lost_the_device_and_their_sessions_end(desk: Desk) -> None:
    await enrolled(desk)
    await desk.sign_in("boss")
    assert (await ask(desk, "DELETE", f"/people/{desk.ids['lilei']}/totp"))[0] == 204
    assert (await ask(desk, "DELETE", f"/people/{desk.ids['lilei']}/totp"))[1]["code"] == "totp_missing"
    assert await sign_in(desk, None) == "in"
    (deed,) = await desk.house.audit.page(10, action="totp.removed")
    assert (deed.actor, deed.subject) == ("boss", desk.ids["lilei"])
