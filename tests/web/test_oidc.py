"""Signing in by OpenID Connect: the way to a real provider and back, and what does not lead in."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import pytest_asyncio
import structlog
from aiohttp import ClientResponse, ClientSession, CookieJar
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr, ValidationError
from sqlalchemy import text

from callcenter.settings import WebSettings
from callcenter.settings.oidc import OidcSettings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider, new_key, providing
from tests.support.web_centre import PASSWORD, WebCentre, open_web_centre

ORIGIN = "http://desk.test"
START = "/api/v1/session/oidc/start"
CALLBACK = "/api/v1/session/oidc/callback"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@dataclass
class Sign:
    """The centre and its provider."""

    web: WebCentre
    provider: OidcProvider
    server: TestServer

    async def start(self, client: ClientSession | None = None, **query: str) -> str:
        """Begins in a browser; the address of the callback to which the provider leads back."""
        begun = await self._get(client, START, query)
        assert begun.status == 303, await begun.text()
        return await self.authorize(begun.headers["Location"])

    async def authorize(self, address: str) -> str:
        async with ClientSession() as at_provider, at_provider.get(address, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == ORIGIN + CALLBACK
        return f"{back.path}?{back.query}"

    async def back(self, address: str, client: ClientSession | None = None, **headers: str) -> str:
        """`in`, or the code of the refusal."""
        answer = await self._get(client, address, headers=headers)
        if answer.status == 303:
            assert answer.headers["Location"] == "/login?oidc=done"
            return "in"
        return str((await answer.json())["code"])

    async def through(self) -> str:
        return await self.back(await self.start())

    async def _get(
        self,
        client: ClientSession | None,
        path: str,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> ClientResponse:
        if client is None:
            return await self.web.client.get(path, params=query, headers=headers, allow_redirects=False)
        address = self.web.client.make_url(path) if query is None else self.web.client.make_url(path).with_query(query)
        return await client.get(address, headers=headers, allow_redirects=False)

    async def allow(self, login: str = "lilei") -> None:
        boss = await self.web.web_services.people.by_login("boss")
        assert boss is not None
        await self.web.web_services.oidc.store.allow(self.web.ids[login], boss.person, "")

    async def me(self) -> dict[str, Any]:
        answer = await self.web.client.get("/api/v1/session")
        session: dict[str, Any] = await answer.json()
        return session


@asynccontextmanager
async def sign_in_room(database: Database, keys: Path, origin: str = ORIGIN, **some: Any) -> AsyncIterator[Sign]:
    async with providing(ORIGIN + CALLBACK) as (provider, server):
        oidc = OidcSettings(
            issuer=provider.issuer,
            client_id=CLIENT,
            **{"client_secret": SecretStr(SECRET), "timeout_seconds": 2.0, **some},
        )
        settings = WebSettings(public_origin=origin, oidc=oidc)
        async with open_web_centre(database, keys=keys, settings=settings) as centre:
            provider.clock = centre.time
            yield Sign(centre, provider, server)


@pytest_asyncio.fixture
async def sign(database: Database, tmp_path: Path) -> AsyncIterator[Sign]:
    """On SQLite and on PostgreSQL."""
    async with sign_in_room(database, tmp_path / "keys") as opened:
        yield opened


@pytest_asyncio.fixture
async def allowed(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Sign]:
    """On SQLite, with lilei allowed, for what does not depend on the database."""
    async with sign_in_room(sqlite_database, tmp_path / "keys") as opened:
        await opened.allow()
        yield opened


@asynccontextmanager
async def another_browser() -> AsyncIterator[ClientSession]:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


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


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://other.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": [CLIENT, "another"]}, "party"),
        ({"azp": "another"}, "party"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "soon"}, "expired"),
        ({"exp": 1e300}, "expired"),
        ({"iat": 1}, "issued"),
        ({"iat": 4_000_000_000}, "issued"),
        ({"nbf": 4_000_000_000}, "not_before"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": ["u-1"]}, "subject"),
        ({"at_hash": "wrong"}, "at_hash"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused(allowed: Sign, claims: dict[str, Any], check: str) -> None:
    allowed.provider.claims = claims
    answer = await allowed.web.client.get(await allowed.start(), allow_redirects=False)
    problem = await answer.json()
    assert (answer.status, problem["code"], problem["facts"]["check"]) == (401, "oidc_bad_token", check)
    assert "Set-Cookie" not in answer.headers
    (deed,) = await allowed.web.web_services.audit.page(10, action="session.refused")
    assert json.loads(deed.facts) == {"way": "oidc", "code": "oidc_bad_token", "check": check}
    allowed.provider.claims = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert await allowed.through() == "in"


def _unsigned(claims: dict[str, Any], alg: str = "none") -> str:
    parts = [json.dumps({"alg": alg}).encode(), json.dumps(claims).encode()]
    return ".".join(map(_base64url, parts)) + "."


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _by_public_key(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    """HS256 with the text of the public key as the shared secret: every client knows it."""
    # By hand: the library refuses to sign with such a secret.
    secret = provider.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        signed = _unsigned(claims, "HS256").removesuffix(".")
        digest = hmac.digest(secret, signed.encode(), "sha256")
        return f"{signed}.{_base64url(digest)}"

    return sign


def _by_client_secret(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    secret = OctKey.import_key(SECRET.ljust(32))
    return lambda claims: jwt.encode({"alg": "HS256"}, claims, secret, ["HS256"])


def _by_stranger(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    stranger = new_key()
    return lambda claims: jwt.encode({"alg": "RS256", "kid": provider.key.kid}, claims, stranger, ["RS256"])


def _with_own_key(provider: OidcProvider) -> Callable[[dict[str, Any]], str]:
    """The key in the token's own header (RFC 7515, 4.1.3) is no key of the provider."""
    stranger = new_key()
    header = {"alg": "RS256", "kid": provider.key.kid, "jwk": stranger.as_dict(private=False)}
    return lambda claims: jwt.encode(header, claims, stranger, ["RS256"])


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda _: _unsigned, "oidc_bad_token"),
        (lambda _: lambda claims: _unsigned(claims, "None"), "oidc_bad_token"),
        (lambda _: lambda claims: _unsigned(claims, "RS256"), "oidc_bad_token"),
        (_by_public_key, "oidc_bad_token"),
        (_by_client_secret, "oidc_bad_token"),
        (_by_stranger, "oidc_bad_token"),
        (_with_own_key, "oidc_bad_token"),
        (lambda _: lambda _: "no token", "oidc_bad_token"),
        (lambda _: lambda _: "é.ü.ö", "oidc_bad_token"),
        (lambda _: lambda _: "a" * 40_000, "oidc_bad_token"),
        (lambda _: lambda _: "", "oidc_bad_token"),
    ],
)
async def test_a_token_that_the_provider_has_not_signed_is_refused(
    allowed: Sign, forge: Callable[[OidcProvider], Callable[[dict[str, Any]], str]], code: str
) -> None:
    allowed.provider.sign = forge(allowed.provider)
    assert await allowed.through() == code
    assert (await allowed.web.client.get("/api/v1/session")).status == 401


async def test_a_token_signed_with_an_elliptic_curve_lets_in(allowed: Sign) -> None:
    allowed.provider.key = new_key("EC")
    assert await allowed.through() == "in"


async def test_rotated_keys_are_read_again_and_not_for_every_token(allowed: Sign) -> None:
    provider, time = allowed.provider, allowed.web.time
    assert await allowed.through() == "in"
    provider.key = new_key()
    assert await allowed.through() == "oidc_bad_answer"
    assert provider.asked.count("keys") == 1
    time.pass_by(seconds=61)
    assert await allowed.through() == "in"
    assert provider.asked.count("keys") == 2
    provider.key, provider.published = new_key(), [provider.key]
    time.pass_by(seconds=61)
    for _ in range(5):
        assert await allowed.through() == "oidc_bad_answer"
    assert provider.asked.count("keys") == 3


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


@pytest.mark.parametrize(
    ("part", "fault", "code"),
    [
        ("discovery", "error", "oidc_unreachable"),
        ("discovery", "slow", "oidc_unreachable"),
        ("discovery", "huge", "oidc_bad_answer"),
        ("discovery", "html", "oidc_bad_answer"),
        ("discovery", "redirect", "oidc_bad_answer"),
        ("discovery", "other_issuer", "oidc_bad_answer"),
        ("discovery", "plain_http", "oidc_bad_answer"),
        ("token", "error", "oidc_unreachable"),
        ("token", "slow", "oidc_unreachable"),
        ("token", "huge", "oidc_bad_answer"),
        ("token", "html", "oidc_bad_answer"),
        ("token", "redirect", "oidc_code_refused"),
        ("keys", "error", "oidc_unreachable"),
        ("keys", "slow", "oidc_unreachable"),
        ("keys", "huge", "oidc_bad_answer"),
        ("keys", "html", "oidc_bad_answer"),
        ("keys", "redirect", "oidc_bad_answer"),
    ],
)
async def test_a_provider_that_fails_is_named_and_passwords_go_on(
    sqlite_database: Database, tmp_path: Path, part: str, fault: str, code: str
) -> None:
    async with sign_in_room(sqlite_database, tmp_path / "keys", timeout_seconds=0.5) as sign:
        await sign.allow()
        sign.provider.faults = {part: fault}
        if part == "discovery":
            answer = await sign.web.client.get(START, allow_redirects=False)
            assert (answer.status, (await answer.json())["code"]) == (503, code)
        else:
            assert await sign.through() == code
        assert (await sign.web.sign_in("lilei")).status == 200
        sign.provider.faults = {}
        sign.web.time.pass_by(seconds=6)
        assert await sign.through() == "in"


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post", "none"])
async def test_the_centre_authenticates_as_the_provider_knows_it(
    sqlite_database: Database, tmp_path: Path, way: str
) -> None:
    secret = SecretStr("" if way == "none" else SECRET)
    async with sign_in_room(sqlite_database, tmp_path, client_auth=way, client_secret=secret) as sign:
        await sign.allow()
        sign.provider.client_auth = way
        assert await sign.through() == "in"
        sign.provider.client_auth = "none" if way == "client_secret_post" else "client_secret_post"
        assert await sign.through() == "oidc_code_refused"


async def test_a_provider_that_is_down_delays_only_once(allowed: Sign) -> None:
    await allowed.server.close()
    for _ in range(3):
        answer = await allowed.web.client.get(START, allow_redirects=False)
        assert (answer.status, (await answer.json())["code"]) == (503, "oidc_unreachable")
    assert (await allowed.web.sign_in("lilei")).status == 200


async def test_a_flood_of_sign_ins_is_refused(allowed: Sign) -> None:
    for _ in range(150):
        assert (await allowed.web.client.get(CALLBACK, allow_redirects=False)).status == 403
    answers = [await allowed.web.client.get(CALLBACK, allow_redirects=False) for _ in range(50)]
    assert 429 in {answer.status for answer in answers}


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
        deeds = (await session.execute(text("SELECT * FROM audit"))).all()
        used = (await session.execute(text("SELECT * FROM oidc_used"))).all()
    settings = repr(allowed.web.web_services.oidc.settings)
    for secret in (query["code"][0], query["state"][0], SECRET, "u-secret"):
        assert secret not in f"{deeds} {used} {logged} {settings}"


async def test_without_the_setting_there_is_no_such_way_in(sqlite_centre: WebCentre) -> None:
    client = sqlite_centre.client
    assert await (await client.get("/api/v1/session/oidc")).json() == {"enabled": False}
    for address in (START, CALLBACK):
        assert (await (await client.get(address, allow_redirects=False)).json())["code"] == "oidc_off"


@pytest.mark.parametrize(
    "some",
    [
        {"issuer": "http://idp.example"},
        {"issuer": "https://user@idp.example"},
        {"issuer": "https://idp.example/?x=1"},
        {"issuer": "https://idp.example:x"},
        {"issuer": "idp.example"},
        {"client_id": ""},
        {"client_secret": ""},
        {"client_auth": "none"},
        {"login_claim": ""},
        {"client_auth": "private_key_jwt"},
    ],
)
def test_settings_that_do_not_fit_are_refused_at_the_start(some: dict[str, Any]) -> None:
    right: dict[str, Any] = {"issuer": "https://idp.example/realms/x", "client_id": "c", "client_secret": "s"}
    assert OidcSettings.model_validate(right).enabled
    with pytest.raises(ValidationError):
        OidcSettings.model_validate({**right, **some})
    with pytest.raises(ValidationError):
        WebSettings.model_validate({"oidc": right})
