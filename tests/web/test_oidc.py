"""Tests sign-in by OpenID Connect: to a real provider and back, and what is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import structlog
from sqlalchemy import text

from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.oidc_provider import SECRET
from tests.support.oidc_room import BROWSER, CALLBACK, START, Sign, another_browser, sign_in_room
from tests.support.web_centre import PASSWORD


async def test_a_person_signs_in_by_the_provider_once_an_administrator_has_allowed_it(sign: Sign) -> None:
    centre = sign.web
    person = f"/api/v1/people/{centre.ids['lilei']}/oidc"
    assert await sign.through() == "oidc_not_linked"
    await centre.sign_in("boss")
    assert (await (await centre.client.get(person)).json())["code"] == "oidc_link_unknown"
    allowed = await (await centre.client.put(person, headers=centre.proof)).json()
    assert (allowed["linked_at"], allowed["allowed_until"]) == (None, "2026-12-07T08:00:00Z")
    assert await sign.through() == "in"
    session = await sign.me()
    assert session["person"]["login"] == "lilei"
    assert session["csrf_token"]
    (opened, *_) = await centre.web_services.audit.page(10, action="session.open")
    assert (opened.actor, json.loads(opened.facts)) == ("lilei", {"way": "oidc"})
    assert len(await centre.web_services.audit.page(10, action="oidc.linked")) == 1
    centre.time.pass_by(days=60)
    assert await sign.through() == "in"


async def test_the_link_is_to_the_account_and_not_to_its_name(sign: Sign) -> None:
    await sign.allow()
    assert await sign.through() == "in"
    sign.provider.user = {"sub": "u-1", "preferred_username": "renamed"}
    assert await sign.through() == "in"
    sign.provider.user = {"sub": "u-2", "preferred_username": "lilei"}
    assert await sign.through() == "oidc_not_linked"


async def test_an_administrator_ends_a_link_and_the_sessions_with_it(sign: Sign) -> None:
    centre = sign.web
    await sign.allow()
    async with another_browser() as browser:
        assert await sign.back(await sign.start(browser), browser) == "in"
        await centre.sign_in("boss")
        person = f"/api/v1/people/{centre.ids['lilei']}/oidc"
        assert (await centre.client.delete(person, headers=centre.proof)).status == 204
        assert (await browser.get(centre.client.make_url("/api/v1/session"))).status == 401
        assert (await (await centre.client.delete(person, headers=centre.proof)).json())["code"] == "oidc_link_unknown"
        unknown = await centre.client.put("/api/v1/people/nobody/oidc", headers=centre.proof)
        assert (await unknown.json())["code"] == "no_such_person"
    assert await sign.through() == "oidc_not_linked"


async def test_who_may_not_sign_in_is_refused_in_the_same_words(allowed: Sign) -> None:
    centre, provider = allowed.web, allowed.provider
    answers = set()

    async def try_in() -> None:
        answer = await centre.client.get(await allowed.start(), allow_redirects=False)
        answers.add(((await answer.json())["code"], (await answer.json())["detail"]))

    provider.user = {"sub": "u-9", "preferred_username": "nobody"}
    await try_in()
    provider.user = {"sub": "u-9", "preferred_username": "hanmei"}
    await try_in()
    provider.user = {"sub": "u-9"}
    await try_in()
    provider.user = {"sub": "u-1", "preferred_username": "lilei"}
    centre.time.pass_by(days=15)
    await try_in()
    await allowed.allow()
    assert await allowed.through() == "in"
    boss = await centre.web_services.people.by_login("boss")
    assert boss is not None
    await centre.web_services.people.change(
        centre.ids["lilei"],
        boss.person,
        "",
        lambda _: None,
        name="李雷",
        roles=boss.person.roles,
        agent=None,
        active=False,
    )
    await try_in()
    assert {code for code, _ in answers} == {"oidc_not_linked"}
    assert len(answers) == 1


async def test_a_name_that_only_resembles_a_login_links_no_account(sqlite_database: Database, tmp_path: Path) -> None:
    async with sign_in_room(sqlite_database, tmp_path, login_claim="email") as sign:
        await sign.web.web_services.people.add("kim@x.cn", "Kim", PASSWORD, (await _boss(sign)).roles, None)
        account = await sign.web.web_services.people.by_login("kim@x.cn")
        assert account is not None
        sign.web.ids["kim"] = account.person.id
        await sign.allow("kim")
        for user in ({"email": "kim@x.cn"}, {"email": "\u212aim@x.cn", "email_verified": True}, {"email": 7}):
            sign.provider.user = {"sub": "u-7", **user}
            assert await sign.through() == "oidc_not_linked", user
        sign.provider.user = {"sub": "u-7", "email": "Kim@x.cn", "email_verified": True}
        assert await sign.through() == "in"


async def _boss(sign: Sign) -> Any:
    boss = await sign.web.web_services.people.by_login("boss")
    assert boss is not None
    return boss.person


async def test_an_answer_counts_in_the_browser_that_has_begun(allowed: Sign) -> None:
    async with another_browser() as attacker:
        theirs = await allowed.start(attacker)
        assert await allowed.back(theirs) == "oidc_state"
        await allowed.start()
        assert await allowed.back(theirs) == "oidc_state"
        # The attacker's code in a flow of the victim's own: PKCE binds it to the flow it was issued for.
        mine = parse_qs(urlsplit(await allowed.start()).query)
        code = parse_qs(urlsplit(theirs).query)["code"][0]
        assert await allowed.back(f"{CALLBACK}?state={mine['state'][0]}&code={code}") == "oidc_code_refused"
    assert (await allowed.web.client.get("/api/v1/session")).status == 401


async def test_an_answer_counts_for_ten_minutes(allowed: Sign) -> None:
    address = await allowed.start()
    allowed.web.time.pass_by(minutes=11)
    assert await allowed.back(address) == "oidc_state"


@pytest.mark.parametrize("cookie", ["", "x", "é", "gAAAAAB" + "x" * 3000])
async def test_a_cookie_of_another_making_leads_nowhere(allowed: Sign, cookie: str) -> None:
    address = await allowed.start()
    async with another_browser() as browser:
        assert await allowed.back(address, browser, Cookie=f"cc_oidc={cookie}") == "oidc_state"


async def test_of_many_with_the_same_answer_one_is_let_in(sign: Sign) -> None:
    await sign.allow()
    address = await sign.start()
    cookie = sign.web.client.session.cookie_jar.filter_cookies(sign.web.client.make_url("/"))["cc_oidc"].value
    async with another_browser() as browser:
        answers = await asyncio.gather(*(sign.back(address, browser, Cookie=f"cc_oidc={cookie}") for _ in range(5)))
        assert sorted(answers) == ["in", *["oidc_state"] * 4]
        assert await sign.back(address, browser, Cookie=f"cc_oidc={cookie}") == "oidc_state"


async def test_a_response_of_another_provider_or_with_an_error_is_refused(allowed: Sign) -> None:
    assert await allowed.back((await allowed.start()).replace("iss=http", "iss=https")) == "oidc_state"
    for error, fact in (("access_denied", "access_denied"), ("<script>", "other"), ("", "other")):
        state = parse_qs(urlsplit(await allowed.start()).query)["state"][0]
        answer = await allowed.web.client.get(CALLBACK, params={"state": state, "error": error}, allow_redirects=False)
        problem = await answer.json()
        assert (answer.status, problem["code"], problem["facts"]["error"]) == (401, "oidc_denied", fact)
        assert "<script>" not in str(problem)


@pytest.mark.parametrize(
    "page", ["https://evil.example", "//evil.example", "/\\evil.example", "/agent/../x", "/login", ""]
)
async def test_no_link_leads_elsewhere_after_signing_in(allowed: Sign, page: str) -> None:
    assert await allowed.back(await allowed.start(next=page)) == "in"
    allowed.provider.faults = {"token": "error"}
    answer = await allowed.web.client.get(await allowed.start(next=page), allow_redirects=False, headers=BROWSER)
    assert (answer.status, answer.headers["Location"]) == (303, "/login?oidc=oidc_unreachable")


async def test_a_page_of_ours_is_gone_on_to(allowed: Sign) -> None:
    answer = await allowed.web.client.get(await allowed.start(next="/wallboard"), allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/login?oidc=done&next=%2Fwallboard")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_browser_is_led_to_the_login_page_with_the_refusal(allowed: Sign) -> None:
    allowed.provider.user = {"sub": "u-9", "preferred_username": "nobody"}
    answer = await allowed.web.client.get(await allowed.start(), allow_redirects=False, headers=BROWSER)
    assert (answer.status, answer.headers["Location"]) == (303, "/login?oidc=oidc_not_linked")


async def test_a_foreign_page_does_not_begin_a_sign_in(allowed: Sign) -> None:
    answer = await allowed.web.client.get(START, allow_redirects=False, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, (await answer.json())["code"]) == (403, "wrong_origin")
    assert allowed.provider.asked == []


async def test_who_has_a_second_factor_here_needs_one_there(allowed: Sign) -> None:
    centre = allowed.web
    account = await centre.web_services.people.by_login("lilei")
    assert account is not None
    begun = await centre.web_services.factors.begin(account.person, "x")
    code = pyotp.TOTP(begun.secret).generate_otp(int(centre.time.now.timestamp()) // 30)
    await centre.web_services.factors.confirm(account.person, code, "")
    for methods in (None, "mfa", ["pwd"]):
        allowed.provider.claims = {"amr": methods}
        assert await allowed.through() == "oidc_second_factor", methods
    allowed.provider.claims = {"amr": ["pwd", "mfa"]}
    assert await allowed.through() == "in"


async def test_what_must_be_done_first_must_be_done_after_this_sign_in_too(allowed: Sign) -> None:
    centre, boss = allowed.web, await _boss(allowed)
    await centre.web_services.people.set_password(centre.ids["lilei"], "what the boss has chosen", boss, "")
    await centre.web_services.factors.demand(boss.roles | {Role.AGENT}, boss, "")
    assert await allowed.through() == "in"
    session = await allowed.me()
    assert (session["must_change_password"], session["must_enrol_totp"]) == (True, True)
    refused = await centre.client.get("/api/v1/people")
    assert (await refused.json())["code"] == "password_must_change"


async def test_cookies_are_of_this_host_and_no_script_reads_them(sqlite_database: Database, tmp_path: Path) -> None:
    async with sign_in_room(sqlite_database, tmp_path, "https://desk.test") as sign:
        answer = await sign.web.client.get(START, allow_redirects=False)
        cookie = answer.headers["Set-Cookie"]
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert cookie.startswith("__Host-cc_oidc=")
    assert cookie.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    assert query["redirect_uri"] == ["https://desk.test" + CALLBACK]
    for name in ("state", "nonce"):
        assert query[name][0] not in cookie


async def test_no_secret_of_a_sign_in_is_kept_or_logged(allowed: Sign) -> None:
    with structlog.testing.capture_logs() as logged:
        address = await allowed.start()
        query = parse_qs(urlsplit(address).query)
        assert await allowed.back(address) == "in"
        allowed.provider.user = {"sub": "u-secret", "preferred_username": "nobody"}
        assert await allowed.through() == "oidc_not_linked"
    async with allowed.web.database.read() as session:
        entries = (await session.execute(text("SELECT * FROM audit"))).all()
        used = (await session.execute(text("SELECT * FROM oidc_used"))).all()
    settings = repr(allowed.web.web_services.oidc.settings)
    for secret in (query["code"][0], query["state"][0], SECRET, "u-secret"):
        assert secret not in f"{entries} {used} {logged} {settings}"
