"""Tests cookies that only this host can set, sessions that end when idle, sign-ins that no foreign page makes."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.site import SECURITY_HEADERS
from tests.support.web_centre import PASSWORD, open_web_centre

TLS = WebSettings(public_origin="https://desk.example.cn")
BODY = {"login": "lilei", "password": PASSWORD}
URL = "/api/v1/session"


def test_tls_is_known_by_the_public_origin_unless_it_is_set() -> None:
    assert TLS.over_tls
    assert not WebSettings().over_tls
    assert WebSettings(secure_cookie=True).over_tls
    assert not WebSettings(public_origin="https://desk.example.cn", secure_cookie=False).over_tls


async def test_over_tls_the_cookie_is_this_hosts_alone(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database, settings=TLS) as centre:
        answer = await centre.client.post(URL, json=BODY)
        cookies = answer.headers.getall("Set-Cookie")
        session = next(cookie for cookie in cookies if "cc_session" in cookie)
        assert session.startswith("__Host-cc_session=")
        for part in ("Path=/;", "HttpOnly", "SameSite=Strict", "Secure"):
            assert part in session
        assert "Domain" not in session

        token = session.partition("=")[2].partition(";")[0]
        mine = await centre.client.get(URL, headers={"Cookie": f"__Host-cc_session={token}"})
        planted = await centre.client.get(URL, headers={"Cookie": f"cc_session={token}"})
        assert (mine.status, planted.status) == (200, 401)


async def test_an_unused_session_ends_and_one_in_use_continues(database: Database) -> None:
    async with open_web_centre(database, settings=WebSettings(session_idle_minutes=30)) as centre:
        await centre.sign_in("lilei")
        for _ in range(4):
            centre.time.pass_by(minutes=29)
            assert (await centre.client.get(URL)).status == 200
        centre.time.pass_by(minutes=31)
        assert (await centre.client.get(URL)).status == 401
        assert await centre.web_services.sessions.present() == []


async def test_a_session_ends_after_its_hours_however_much_it_is_used(sqlite_database: Database) -> None:
    async with open_web_centre(
        sqlite_database, settings=WebSettings(session_hours=1, session_idle_minutes=600)
    ) as centre:
        await centre.sign_in("lilei")
        centre.time.pass_by(minutes=59)
        assert (await centre.client.get(URL)).status == 200
        centre.time.pass_by(minutes=2)
        assert (await centre.client.get(URL)).status == 401


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_a_foreign_page_cannot_sign_in(sqlite_database: Database, headers: dict[str, str]) -> None:
    async with open_web_centre(sqlite_database) as centre:
        answer = await centre.client.post(URL, json=BODY, headers=headers)
        assert (answer.status, (await answer.json())["code"]) == (403, "wrong_origin")
        assert "Set-Cookie" not in answer.headers


async def test_our_own_page_and_a_program_sign_in(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database) as centre:
        origin = str(centre.client.make_url("/")).rstrip("/")
        for headers in ({}, {"Origin": origin, "Sec-Fetch-Site": "same-origin"}):
            assert (await centre.client.post(URL, json=BODY, headers=headers)).status == 200


def test_pages_connect_to_this_host_alone() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    assert "connect-src 'self';" in policy
    assert "ws:" not in policy


async def test_metrics_are_for_this_machine_and_not_through_a_proxy(sqlite_database: Database) -> None:
    async with open_web_centre(sqlite_database) as centre:
        assert (await centre.client.get("/metrics")).status == 200
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            assert (await centre.client.get("/metrics", headers={name: "1.2.3.4"})).status == 403


async def test_with_a_token_metrics_are_for_who_sends_it(sqlite_database: Database) -> None:
    async with open_web_centre(
        sqlite_database, settings=WebSettings(metrics_token=SecretStr("scraper's word"))
    ) as centre:
        for headers, status in (
            ({}, 403),
            ({"Authorization": "Bearer wrong"}, 403),
            ({"Authorization": "Bearer scraper's word", "X-Forwarded-For": "1.2.3.4"}, 200),
        ):
            assert (await centre.client.get("/metrics", headers=headers)).status == status
