"""Tests that wrong passwords slow their sender down and lock no colleague out; addresses come from trusted proxies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.addresses import client_address
from callcenter.web.errors import TooManyLogins, WrongLogin
from callcenter.web.guard import WAITING, Guard
from callcenter.web.metrics import SignInAlarms
from callcenter.web.site import open_web_services
from callcenter.web.throttle import Pace, Tries
from tests.support.web_centre import PASSWORD, WebCentre, open_web_centre

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PROXY = WebSettings.model_validate({"trusted_proxies": ["127.0.0.1", "10.0.0.0/8"]})


@given(st.integers(0, 100), st.integers(0, 2000))
def test_a_wait_grows_with_wrong_tries_and_never_beyond_its_limit(free: int, tries: int) -> None:
    pace = Pace(free, 1.0, 8.0)
    assert 0 <= pace.delay(tries) <= pace.delay(tries + 1) <= 8.0
    assert (pace.delay(tries) == 0) is (tries < free)


def test_attempts_expire_after_their_window_and_keys_are_bounded() -> None:
    tries = Tries(timedelta(minutes=15), keys=3)
    assert [tries.add("a", NOW) for _ in range(3)] == [0, 1, 2]
    assert tries.add("a", NOW + timedelta(minutes=15)) == 0
    for key in "bcde":
        tries.add(key, NOW)
    assert tries.add("a", NOW + timedelta(minutes=15)) == 0


async def guess(centre: WebCentre, times: int, login: str = "lilei", address: str = "203.0.113.9") -> None:
    for _ in range(times):
        with pytest.raises(WrongLogin):
            await centre.web_services.sessions.sign_in(login, "wrong", address, "")


async def test_wrong_tries_slow_their_sender_down_and_are_never_refused(centre: WebCentre) -> None:
    await guess(centre, 10)
    assert centre.time.waited == []
    await guess(centre, 5)
    assert centre.time.waited == [1, 2, 4, 4, 4]


async def test_a_colleague_signs_in_from_elsewhere_while_their_login_is_being_guessed(centre: WebCentre) -> None:
    await guess(centre, 25)
    centre.time.waited.clear()
    signed = await centre.web_services.sessions.sign_in("lilei", PASSWORD, "198.51.100.7", "")
    assert signed.person.login == "lilei"
    assert centre.time.waited == []


async def test_a_spread_attack_makes_a_colleague_wait_seconds_and_a_known_browser_not_at_all(centre: WebCentre) -> None:
    known = (await centre.web_services.sessions.sign_in("lilei", PASSWORD, "198.51.100.7", "")).device
    for place in range(100):
        await guess(centre, 1, address=f"203.0.113.{place}")
    centre.time.waited.clear()
    await centre.web_services.sessions.sign_in("lilei", PASSWORD, "192.0.2.1", "")
    assert centre.time.waited == [4.0]
    centre.time.waited.clear()
    again = await centre.web_services.sessions.sign_in("lilei", PASSWORD, "192.0.2.1", "", device=known)
    assert (centre.time.waited, again.device) == ([], known)
    # It is known for the person whom it signed in, and for no one else.
    for place in range(40):
        await guess(centre, 1, "hanmei", f"203.0.113.{place}")
    await centre.web_services.sessions.sign_in("hanmei", PASSWORD, "192.0.2.1", "", device=known)
    assert len(centre.time.waited) > 0


async def test_a_shared_address_is_not_blocked_by_one_guesser(centre: WebCentre) -> None:
    for place in range(200):
        await guess(centre, 1, f"nobody{place}")
    centre.time.waited.clear()
    await centre.web_services.sessions.sign_in("hanmei", PASSWORD, "203.0.113.9", "")
    assert centre.time.waited == [2.0]


async def test_a_right_password_clears_the_senders_count_and_not_the_guessers(centre: WebCentre) -> None:
    await guess(centre, 9)
    await centre.web_services.sessions.sign_in("lilei", PASSWORD, "203.0.113.9", "")
    await guess(centre, 10)
    assert centre.time.waited == []
    await guess(centre, 12, address="192.0.2.66")
    await centre.web_services.sessions.sign_in("lilei", PASSWORD, "203.0.113.10", "")
    centre.time.waited.clear()
    await guess(centre, 1, address="192.0.2.66")
    assert centre.time.waited == [4.0]


async def test_a_flood_of_tries_at_once_is_refused_beyond_a_few(centre: WebCentre) -> None:
    reached, door = asyncio.Event(), asyncio.Event()
    held: list[float] = []

    async def held_up(seconds: float) -> None:
        held.append(seconds)
        if len(held) == WAITING:
            reached.set()
        await door.wait()

    guard = Guard("sign_in", 1, held_up)

    async def once() -> None:
        async with guard.trying("lilei", "203.0.113.9", NOW):
            raise WrongLogin("wrong")

    with pytest.raises(WrongLogin):
        await once()
    waiting = [asyncio.create_task(once()) for _ in range(WAITING)]
    async with asyncio.timeout(5):
        await reached.wait()
    with pytest.raises(TooManyLogins):
        await once()
    door.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [WrongLogin] * WAITING


async def test_wrong_signatures_and_wrong_sign_ins_are_counted_separately(centre: WebCentre) -> None:
    lilei = await centre.web_services.people.by_login("lilei")
    assert lilei is not None
    for _ in range(15):
        with pytest.raises(WrongLogin):
            await centre.web_services.sessions.prove(lilei.person, "wrong")
    assert len(centre.time.waited) == 5
    centre.time.waited.clear()
    await centre.web_services.sessions.sign_in("lilei", PASSWORD, "", "")
    assert centre.time.waited == []
    await guess(centre, 15)
    centre.time.waited.clear()
    centre.time.pass_by(minutes=16)
    await centre.web_services.sessions.prove(lilei.person, PASSWORD)
    assert centre.time.waited == []


async def test_guessing_is_an_alarm_once(centre: WebCentre) -> None:
    heard: list[Mapping[str, Any]] = []
    centre.web_services.sessions.publish = lambda kind, data, agents=None: heard.append(data)
    await guess(centre, 20)
    assert [(entry["alarm"], entry["by"], entry["login"], entry["address"]) for entry in heard] == [
        ("sign_in", "pair", "lilei", "203.0.113.9")
    ]
    (row,) = await centre.web_services.audit.page(10, action="session.guessed")
    assert (row.subject, row.address) == ("lilei", "203.0.113.9")


async def test_guessing_is_counted_and_reaches_subscribers_without_the_login(centre: WebCentre) -> None:
    sent: list[tuple[str, Mapping[str, Any]]] = []

    async def emit(session: AsyncSession, kind: str, data: Mapping[str, Any]) -> None:
        assert session.in_transaction(), "the message stands if and only if the row in the audit does"
        sent.append((kind, data))

    centre.web_services.sessions.emit = emit
    await guess(centre, 20, login="a password typed as a login")
    assert sent == [("sign_in.guessed", {"alarm": "sign_in", "by": "pair", "tries": 10, "address": "203.0.113.9"})]
    alarms = centre.web_services.sessions.alarms
    assert (alarms["sign_in", "pair"], alarms["sign_in", "address"], alarms["signature", "pair"]) == (1, 0, 0)
    registry = CollectorRegistry()
    registry.register(SignInAlarms(alarms))
    text = generate_latest(registry).decode()
    assert 'cc_sign_in_alarms_total{alarm="sign_in",by="pair"} 1.0' in text
    assert len(alarms) == 9, "known before the first alarm, so that Prometheus sees the first increase"


# --- addresses ---


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        ("203.0.113.5", ["127.0.0.1"], "203.0.113.5"),
        ("::ffff:127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("127.0.0.1", ["203.0.113.9, unknown"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("", ["203.0.113.9"], ""),
    ],
)
def test_an_address_comes_from_trusted_proxies(peer: str, forwarded: list[str], address: str) -> None:
    proxies = (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))
    assert client_address(peer, forwarded, proxies) == address
    assert client_address(peer, forwarded, ()) == (peer.removeprefix("::ffff:"))


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_no_header_makes_an_address_of_an_untrusted_peer(peer: str, forwarded: list[str]) -> None:
    assert client_address("203.0.113.5", forwarded, (ip_network("127.0.0.1/32"),)) == "203.0.113.5"
    client_address(peer, forwarded, (ip_network("0.0.0.0/0"),))


async def test_audit_and_sessions_have_the_true_address_behind_a_proxy(database: Database) -> None:
    body = {"login": "lilei", "password": PASSWORD}
    sent = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    async with open_web_centre(database, settings=PROXY) as centre:
        assert (await centre.client.post("/api/v1/session", json=body, headers=sent)).status == 200
        (row,) = await centre.web_services.audit.page(1, action="session.open")
        assert row.address == "203.0.113.9"


async def test_without_a_configured_proxy_the_header_is_nothing(centre: WebCentre) -> None:
    body = {"login": "lilei", "password": PASSWORD}
    await centre.client.post("/api/v1/session", json=body, headers={"X-Forwarded-For": "203.0.113.9"})
    (row,) = await centre.web_services.audit.page(1, action="session.open")
    assert row.address == "127.0.0.1"


async def test_a_browser_that_signed_in_once_is_known_over_http(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    app = centre.client.app
    assert app is not None
    for _ in range(60):
        async with centre.client.session.post(
            centre.client.make_url("/api/v1/session"), json={"login": "lilei", "password": "wrong"}, cookies={}
        ) as answer:
            assert answer.status == 401
    assert centre.time.waited
    known = centre.client.session.cookie_jar.filter_cookies(centre.client.make_url("/api/v1/session"))
    assert "cc_device" in known
    elsewhere = centre.client.session.cookie_jar.filter_cookies(centre.client.make_url("/api/v1/people"))
    assert "cc_device" not in elsewhere


async def test_a_restart_does_not_reset_the_counts_of_wrong_tries(database: Database) -> None:
    """The counts of the window come back from the audit: of sign-ins, of signatures, and less what was right."""
    async with open_web_centre(database) as before:
        await guess(before, 12)
        await guess(before, 9, login="hanmei", address="198.51.100.7")
        await before.web_services.sessions.sign_in("hanmei", PASSWORD, "198.51.100.7", "")
        lilei = await before.web_services.people.by_login("lilei")
        assert lilei is not None
        for _ in range(11):
            with pytest.raises(WrongLogin):
                await before.web_services.sessions.prove(lilei.person, "wrong")
        known = (await before.web_services.sessions.sign_in("lilei", PASSWORD, "198.51.100.9", "")).device
        again = open_web_services(database, before.time, WebSettings(), pause=before.time.pause)
        before.time.waited.clear()
        await again.sessions.recall()
        with pytest.raises(WrongLogin):
            await again.sessions.sign_in("lilei", "wrong", "203.0.113.9", "")
        assert before.time.waited == [4], "the 13th attempt waits as it would have"
        before.time.waited.clear()
        with pytest.raises(WrongLogin):
            await again.sessions.sign_in("hanmei", "wrong", "198.51.100.7", "")
        await again.sessions.sign_in("lilei", PASSWORD, "203.0.113.9", "", device=known)
        assert before.time.waited == [], "who signed in rightly, and a known browser, wait for nobody"
        with pytest.raises(WrongLogin):
            await again.sessions.prove(lilei.person, "wrong")
        assert before.time.waited == [2]
        before.time.pass_by(minutes=16)
        later = open_web_services(database, before.time, WebSettings(), pause=before.time.pause)
        await later.sessions.recall()
        before.time.waited.clear()
        with pytest.raises(WrongLogin):
            await later.sessions.sign_in("lilei", "wrong", "203.0.113.9", "")
        assert before.time.waited == [], "the window is over"
