"""Tests that a webhook's address is judged as the client interprets it, however it is written."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.outside import host_of, is_outside, may_be_outside
from callcenter.web.webhooks.delivery import HomeAddress, NotDelivered, OutsideResolver, outside_socket
from callcenter.web.webhooks.service import DELIVER, BadWebhook, Webhooks
from tests.support.rooms import CHIEF
from tests.web.test_webhooks import open_room, present

FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
HOME = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "127.0.0.1.",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "localhost",
    "LOCALHOST.",
    "ｌｏｃａｌｈｏｓｔ",
    "pbx.local",
    "db.internal",
    "router.home.arpa",
    "asterisk",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:c0a8:101::1]",
    "[2001:0:0:0:0:0:3f57:fefe]",
    "[2001:db8::1]",
    "[2606:4700::5efe:7f00:1]",
    "[2606:4700::200:5efe:a00:1]",
]
OUTSIDE = [
    "8.8.8.8",
    "134744072",
    "８.８.８.８",
    "example.com",
    "例子.中国",
    "xn--fsqu00a.xn--fiqs8s",
    "crm.example.cn.",
    "[2606:4700::1111]",
    "[64:ff9b::808:808]",
    "[2002:808:808::1]",
    "[::ffff:8.8.8.8]",
]


@pytest.mark.parametrize("host", HOME)
def test_every_spelling_of_an_address_inside_is_known(host: str) -> None:
    assert not may_be_outside(host_of(f"http://{host}/hook"))


@pytest.mark.parametrize("host", OUTSIDE)
def test_addresses_and_names_of_the_outside_may_be_asked(host: str) -> None:
    assert may_be_outside(host_of(f"https://{host}/hook"))


@pytest.mark.parametrize(
    "url", ["http:///x", "http://[", "http://[::1", "http://a..b/", "http://%31%32%37.0.0.1/", "http://a b/", "x", ""]
)
def test_what_the_client_cannot_read_is_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        host_of(url)


@given(st.ip_addresses(v=4), st.sampled_from(["dotted", "decimal", "hex", "octal", "full", "circled"]))
def test_an_address_is_judged_alike_in_every_notation(address: ipaddress.IPv4Address, notation: str) -> None:
    number = int(address)
    written = {
        "dotted": str(address),
        "decimal": str(number),
        "hex": hex(number),
        "octal": ".".join(f"0{int(part):o}" for part in str(address).split(".")),
        "full": str(address).translate(FULL_WIDTH),
        "circled": str(address).translate(CIRCLED),
    }[notation]

    assert may_be_outside(host_of(f"http://{written}/")) is is_outside(str(address))


@given(st.ip_addresses(v=4))
def test_an_ipv6_address_that_leads_to_an_ipv4_address_is_judged_by_it(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for leading in ((0xFFFF << 32) | number, (0x64FF9B << 96) | number, (0x2002 << 112) | (number << 80)):
        assert is_outside(str(ipaddress.IPv6Address(leading))) is is_outside(str(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "①②⑦.⓪.⓪.①", "[::ffff:127.0.0.1]", "2130706433"])
async def test_at_creation_an_address_inside_is_refused(sqlite_database: Database, tmp_path: Path, host: str) -> None:
    async with open_room(sqlite_database, tmp_path) as room:
        webhooks = Webhooks(sqlite_database, present, Audit(sqlite_database, present), room.jobs, tmp_path / "keys")
        with pytest.raises(BadWebhook) as caught:
            await webhooks.add(f"http://{host}:8080/hook", ["*"], CHIEF)
        assert caught.value.facts["rule"] == "inside"


@pytest.mark.parametrize("host", ["127.0.0.1", "①②⑦.⓪.⓪.①", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "localhost"])
async def test_at_sending_nothing_reaches_a_receiver_inside(
    sqlite_database: Database, tmp_path: Path, host: str
) -> None:
    async with open_room(sqlite_database, tmp_path, inside_too=False) as room:
        await room.webhooks.add(room.url.replace("127.0.0.1", host), ["*"], CHIEF)
        await room.emit("case.opened")
        job = await room.jobs.claim("test", frozenset({DELIVER}))
        assert job is not None
        with pytest.raises(NotDelivered):
            await room.sender.deliver(job.payload)
        assert room.receiver.got == []


async def test_a_name_that_leads_inside_has_no_address_for_the_client() -> None:
    resolver = OutsideResolver(inside_too=False)
    with pytest.raises(HomeAddress):
        await resolver.resolve("localhost", 80)
    await resolver.close()


def test_the_connector_opens_no_socket_to_an_internal_address_however_it_was_resolved() -> None:
    for peer in (("127.0.0.1", 80), ("::ffff:10.0.0.1", 80, 0, 0), ("64:ff9b::7f00:1", 80, 0, 0)):
        with pytest.raises(HomeAddress):
            outside_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", peer))
    socket_ = outside_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80)))
    socket_.close()
