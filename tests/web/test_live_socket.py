"""Tests that the connection of one client is the matter of that client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from aiohttp.test_utils import make_mocked_request
from aiohttp.web import WebSocketResponse

from callcenter.calls.deltas import CALL
from callcenter.web.live import Feed
from callcenter.web.live_socket import Outlet
from tests.support.web_centre import Time
from tests.web.test_live import SUPERVISOR, call


class BrokenTransport(asyncio.Transport):
    """A connection that breaks while it is written to."""

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: object) -> None:
        raise ConnectionResetError


async def test_a_connection_that_breaks_while_written_to_delays_no_other() -> None:
    feed, written = Feed(Time()), list[bytes]()

    def write(texts: Sequence[bytes]) -> bool:
        written.extend(texts)
        return True

    request = make_mocked_request("GET", "/api/v1/live", transport=BrokenTransport())
    outlet = Outlet(request, WebSocketResponse())
    outlet.idle = True
    broken, whole = feed.join(SUPERVISOR), feed.join(SUPERVISOR)
    for client in (broken, whole):
        await feed.following(client)
    broken.write, whole.write = outlet.write, write
    feed.publish(CALL, call(1))
    await asyncio.sleep(0)
    assert [json.loads(text)["seq"] for text in written] == [1]
    # The client's own task has it still to send, and meets the fault.
    assert [json.loads(text)["seq"] for text in await feed.following(broken)] == [1]
