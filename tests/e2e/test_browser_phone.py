"""Tests the way of a page's phone to the real Asterisk: through our origin, for its own account only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from callcenter.demo.api_client import Refused, until
from tests.callbacks.console import Console
from tests.e2e.centre import RunningCentre, running_centre
from tests.support.sip_message import Message, digest, encoded

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]


@dataclass
class Pages:
    running: RunningCentre
    page: Console
    password: str
    other: Console
    """An agent without a browser phone."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pages]:
    async with running_centre(tmp_path_factory.mktemp("browser"), agents=("1001", "1002")) as running:
        phones = [{"name": "1001", "kind": "desk"}, {"name": "1001w", "kind": "webrtc"}]
        await running.api.put("/agents/1001", {"name": "李雷", "skills": {}, "phones": phones})
        first = await running.centre.account("lilei", "李雷", "agent", "1001")
        second = await running.centre.account("hanmei", "韩梅", "agent", "1002")
        origin = running.centre.origin
        async with Console(origin, "lilei", first) as page, Console(origin, "hanmei", second) as other:
            yield Pages(running, page, first, other)


def register(user: str, sequence: int, proof: str = "") -> str:
    headers = [
        ("Via", f"SIP/2.0/WS page.invalid;branch=z9hG4bK-{sequence}-{user}"),
        ("From", f"<sip:{user}@127.0.0.1>;tag=p1"),
        ("To", f"<sip:{user}@127.0.0.1>"),
        ("Call-ID", f"page-{user}"),
        ("CSeq", f"{sequence} REGISTER"),
        ("Contact", f"<sip:{user}@page.invalid;transport=ws>"),
        ("Max-Forwards", "70"),
        ("Expires", "120"),
    ]
    return encoded("REGISTER sip:127.0.0.1 SIP/2.0", headers + ([("Authorization", proof)] if proof else [])).decode()


async def answer(socket: aiohttp.ClientWebSocketResponse) -> Message:
    """The next response; Asterisk's own requests (OPTIONS, by which it qualifies the phone) may come in between."""
    while True:
        message = Message.parse((await socket.receive(15)).data.encode())
        if message.status:
            return message


async def test_a_page_registers_its_own_phone_through_our_origin(pages: Pages) -> None:
    account = await pages.page.get("/phones/self")
    assert (account["phone"], account["ws"]) == ("1001w", "/phone/ws")

    async def rendered() -> bool:
        return "1001w" in await pages.running.console("pjsip show endpoints")

    await until(rendered, 15, "the phone is in Asterisk's configuration", every=0.2)
    async with pages.page.socket(account["ws"], "sip") as socket:
        assert socket.protocol == "sip"
        await socket.send_str(register("1001w", 1))
        challenge = await answer(socket)
        assert challenge.status == 401
        proof = digest("1001w", account["secret"], "REGISTER", "sip:127.0.0.1", challenge.get("WWW-Authenticate"))
        await socket.send_str(register("1001w", 2, proof))
        assert (await answer(socket)).status == 200
        assert "1001w" in await pages.running.console("pjsip show contacts")


async def test_the_secret_of_a_page_is_of_its_session_and_asterisk_does_not_know_it(pages: Pages) -> None:
    account = await pages.page.get("/phones/self")
    known = (await pages.running.api.get("/agents/1001/phones/1001w/secret"))["secret"]
    assert account["secret"] != known
    origin = pages.running.centre.origin
    async with Console(origin, "lilei", pages.password) as again:
        second = await again.get("/phones/self")
        assert second["secret"] != account["secret"]
        async with again.socket("/phone/ws", "sip") as socket:
            # Neither the secret of another session nor the account's own opens this one.
            for sequence, secret in enumerate((account["secret"], known), start=10):
                await socket.send_str(register("1001w", sequence, await proof_of(socket, sequence, secret)))
                assert (await answer(socket)).status == 403
            await socket.send_str(register("1001w", 20, await proof_of(socket, 20, second["secret"])))
            assert (await answer(socket)).status == 200
            await again.delete("/session")
            # With the next proof, or at the next look, the socket ends, and with it the registration.
            await socket.send_str(register("1001w", 30, await proof_of(socket, 30, second["secret"])))
            while (await socket.receive(30)).type is aiohttp.WSMsgType.TEXT:
                continue
            assert socket.close_code == 4401

    async def gone() -> bool:
        return "1001w" not in await pages.running.console("pjsip show contacts")

    await until(gone, 30, "Asterisk has dropped the registration with its socket", every=0.2)
    # Signing in twice changed nothing in Asterisk, so nothing was reloaded.
    assert (await pages.running.api.get("/agents/1001/phones/1001w/secret"))["secret"] == known


async def proof_of(
    socket: aiohttp.ClientWebSocketResponse,
    sequence: int,
    secret: str,
) -> str:
    """The answer to a challenge by Asterisk."""
    await socket.send_str(register("1001w", sequence + 100))
    challenge = await answer(socket)
    assert challenge.status == 401
    return digest("1001w", secret, "REGISTER", "sip:127.0.0.1", challenge.get("WWW-Authenticate"))


async def test_a_page_cannot_speak_for_another_phone(pages: Pages) -> None:
    async with pages.page.socket("/phone/ws", "sip") as socket:
        await socket.send_str(register("1001", 1))
        closed = await socket.receive(15)
        assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        assert socket.close_code == 1008


async def test_without_a_browser_phone_or_a_session_there_is_no_way_to_asterisk(pages: Pages) -> None:
    with pytest.raises(Refused, match="no_browser_phone"):
        await pages.other.get("/phones/self")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with pages.other.socket("/phone/ws", "sip"):
            pass
    assert refused.value.status == 409
    async with aiohttp.ClientSession() as stranger:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await stranger.ws_connect(f"{pages.running.centre.origin}/phone/ws", protocols=("sip",))
        assert refused.value.status == 401
