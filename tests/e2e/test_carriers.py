"""Tests INVITEs as real carriers send them, against the real Asterisk with our configuration."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.cel import CelRow, parse
from callcenter.asterisk.install import Tree
from callcenter.asterisk.render import Line, Queue, Trunk
from callcenter.customers.numbers import spellings_of
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from ivr.prompts.build import Workshop
from ivr.prompts.ready import ready_folder
from ivr.prompts.sentences import default_catalogue
from tests.support.invites import CASES
from tests.support.pbx import SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.sip import Station, station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(60)]
FALLBACK = "127.0.0.3"


@dataclass
class Exchange:
    """The PBX between a carrier that it registers with, a second carrier, and one phone."""

    pbx: PrivatePbx
    carrier: Station
    second: Station
    phone: Station

    def rows(self, caller: str) -> list[CelRow]:
        """The CEL rows of the call from this number."""
        path = Path(self.pbx.site.logs) / "cel-custom/cel.jsonl"
        lines = path.read_bytes().splitlines() if path.exists() else []
        rows = [entry for line in lines if (entry := parse(line)) is not None]
        ids = {row.linkedid for row in rows if row.number == caller}
        return [row for row in rows if row.linkedid in ids]

    async def outcome(self, caller: str, word: str) -> None:
        await until(lambda: any(word in row.app_data for row in self.rows(caller)), 10, f"{word} in the record")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    home = tmp_path_factory.mktemp("carriers") / "p"
    site = site_of(home, Tree(Settings().pbx_root))
    site = replace(
        site,
        lines=(Line("sales", tuple(spellings_of(SALES)), "sales"),),
        queues=(Queue("sales", "linear", 4, wish_seconds=600),),
        trunk_host="127.0.0.1",
        trunk_port=free_port(),
        trunk_user="xiangwei",
        trunk_secret="trunk-secret",
        trunk=Trunk(match=("127.0.0.2", "127.0.1.0/24"), trusts_identity=True, from_user="073188880001"),
        more_trunks=(Trunk(FALLBACK, free_port(), codecs=("ulaw",)),),
    )
    workshop = Workshop(home / "sounds", ready=ready_folder(), rates=(8000,))
    await asyncio.to_thread(lambda: list(workshop.build(default_catalogue().recordings())))
    async with private_pbx(home, site) as pbx:
        await pbx.staff("sales", "1001")
        yield pbx


@pytest_asyncio.fixture(loop_scope="module")
async def exchange(pbx: PrivatePbx) -> AsyncIterator[Exchange]:
    here = ("127.0.0.1", pbx.site.sip_port)
    async with contextlib.AsyncExitStack() as stack:
        carrier = await stack.enter_async_context(station(here, port=pbx.site.trunk_port))
        second = await stack.enter_async_context(station(here, local=FALLBACK, port=pbx.site.more_trunks[0].port))
        phone = await stack.enter_async_context(station(here, "1001", SECRETS["1001"], local="127.0.9.1"))
        assert await phone.register() == 200
        yield Exchange(pbx, carrier, second, phone)


@pytest.mark.parametrize("case", sorted(CASES))
async def test_the_line_rings_however_the_carrier_writes_its_number(exchange: Exchange, case: str) -> None:
    before = len(exchange.phone.incoming)
    call = await exchange.carrier.call_as_in(CASES[case])
    ringing = await exchange.phone.called(before + 1, within=8)
    call.hang_up()
    await ringing.gone()


@pytest.mark.parametrize("written", [*spellings_of(SALES), "0731-88880001", "0731-8888-0001"])
async def test_every_spelling_of_a_lines_number_leads_to_it(exchange: Exchange, written: str) -> None:
    before = len(exchange.phone.incoming)
    call = await exchange.carrier.call(written)
    ringing = await exchange.phone.called(before + 1, within=8)
    call.hang_up()
    await ringing.gone()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "127.0.1.77"])
async def test_a_carrier_calls_from_any_of_its_hosts_and_ranges(exchange: Exchange, address: str) -> None:
    async with station(("127.0.0.1", exchange.pbx.site.sip_port), local=address) as other:
        before = len(exchange.phone.incoming)
        call = await other.call(SALES)
        ringing = await exchange.phone.called(before + 1, within=8)
        call.hang_up()
        await ringing.gone()


async def test_a_call_from_another_address_is_not_from_the_carrier(exchange: Exchange) -> None:
    async with station(("127.0.0.1", exchange.pbx.site.sip_port), local="127.0.2.1") as stranger:
        call = await stranger.call(SALES)
        await call.status(401)
        assert call.statuses == [401]


async def test_what_we_register_names_our_login_and_leads_to_the_line(exchange: Exchange) -> None:
    carrier = exchange.carrier
    await exchange.pbx.console("pjsip send register trunk")
    await until(lambda: bool(carrier.registers), 10, "a registration")
    assert "<sip:xiangwei@" in carrier.registers[-1].get("Contact")
    before = len(exchange.phone.incoming)
    call = await carrier.call_as_in(CASES["registered-contact"].replace("sip:s@", "sip:xiangwei@"))
    await exchange.phone.called(before + 1, within=8)
    call.hang_up()


async def test_the_asserted_identity_of_a_trusted_carrier_is_the_callers_number(exchange: Exchange) -> None:
    before = len(exchange.phone.incoming)
    asserted = [("P-Asserted-Identity", "<sip:13955550001@carrier.example>")]
    call = await exchange.carrier.call_as_in(CASES["caller-086"], asserted)
    ringing = await exchange.phone.called(before + 1, within=8)
    assert ringing.invite is not None
    assert "13955550001" in ringing.invite.get("From")
    call.hang_up()


async def test_keys_in_the_sound_are_understood_where_no_telephone_event_is_offered(exchange: Exchange) -> None:
    call = await exchange.carrier.call_as_in(CASES["keys-in-band"])
    answered = await call.status(200)
    await until(lambda: time.time() > answered + 1.5, 5, "the talk has begun")
    call.media.press_in_band("1", 0.4)
    await call.gone(within=25)
    await exchange.outcome("13974812346", "callback_requested:key")


@pytest.mark.parametrize("offered", ["18", "18 101"])
async def test_a_call_with_g729_alone_is_refused_with_a_record_and_a_reason(exchange: Exchange, offered: str) -> None:
    caller = f"139{time.time_ns() % 10**8:08}"
    call = await exchange.carrier.call(SALES, caller, codecs=offered)
    await call.status(488)
    await exchange.outcome(caller, "failed:codec_not_supported")
    assert {row.account for row in exchange.rows(caller) if row.user_event} == {"sales"}


@pytest.mark.parametrize("offered", ["18 8 101", "0 18 8", "8 18"])
async def test_a_carrier_that_offers_g729_among_others_is_answered_with_one_that_is_spoken(
    exchange: Exchange, offered: str
) -> None:
    call = await exchange.carrier.call(SALES, codecs=offered)
    await call.status(200)
    answer = next(m.body for _, m in call.came if m.status == 200)
    (audio,) = [line for line in answer.splitlines() if line.startswith("m=audio")]
    assert "8" in audio.split("RTP/AVP ")[1].split()
    assert "18" not in audio.split("RTP/AVP ")[1].split()
    call.hang_up()


@pytest.mark.parametrize("refused", [(503, "Service Unavailable"), (500, "Server Internal Error")])
async def test_a_call_that_the_first_trunk_does_not_take_goes_by_the_second(
    exchange: Exchange, refused: tuple[int, str]
) -> None:
    before = len(exchange.second.incoming)
    exchange.carrier.refuses = refused
    call = await exchange.phone.signed_call("13800138000")
    taken = await exchange.second.called(before + 1, within=10)
    assert taken.invite is not None
    assert "sip:13800138000@" in taken.invite.first
    assert "RTP/AVP 0" in taken.invite.body
    assert " 18" not in taken.invite.body.partition("m=audio")[2].partition("\r\n")[0]
    taken.answer(486, "Busy Here")
    await until(lambda: any(status >= 400 for status in call.statuses), 5, "the phone hears of it")


async def test_a_number_that_does_not_exist_is_asked_of_one_trunk_only(exchange: Exchange) -> None:
    before = len(exchange.second.incoming)
    exchange.carrier.refuses = (404, "Not Found")
    call = await exchange.phone.signed_call("13800138001")
    await until(lambda: any(status >= 402 for status in call.statuses), 10, "the refusal")
    assert len(exchange.second.incoming) == before
    assert f"sip:{exchange.pbx.site.trunk.from_user}@" in exchange.carrier.refused[-1].get("From")
