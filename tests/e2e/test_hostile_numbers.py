"""Tests line ends and separators in numbers and names: no caller can forge a fact about another call.

A real Asterisk writes the numbers into AMI events, queue_log, CEL and the opening of AGI.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter import facts
from callcenter.asterisk import cel, queue_log
from callcenter.asterisk.agi_protocol import AgiReader, BrokenAgi, Opened
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.events import Events
from callcenter.asterisk.install import Tree
from callcenter.clock import now
from callcenter.settings import Settings
from tests.support.hostile import QUEUE, VICTIM, Attack, attacks, strike
from tests.support.pbx import SALES, SECRETS, PrivatePbx, private_pbx, site_of
from tests.support.profiles import PROFILE, examples
from tests.support.sip import Station, station
from tests.support.waiting import until

pytestmark = [
    pytest.mark.pbx,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300 if PROFILE == "ci" else 3600),
]
ELSEWHERE = "pbx1-1795000000.7"
"""A call that belongs to none of the attackers."""


@dataclass
class Centre:
    """Asterisk with one agent on duty, our event connection running, and a reception that records its input."""

    pbx: PrivatePbx
    events: Events
    trunk: Station
    phone: Station
    seen: list[facts.Fact] = field(default_factory=list)
    opened: list[dict[str, str]] = field(default_factory=list)
    broken: int = 0

    def rows(self) -> list[cel.CelRow]:
        lines = (self.pbx.pbx.home / "log/cel-custom/cel.jsonl").read_bytes().split(b"\n")[:-1]
        parts = cel.records((0, line) for line in lines)
        return [row for part in parts if part.whole and (row := cel.parse(part.data)) is not None]

    def queue_rows(self) -> list[queue_log.QueueRow]:
        lines = (self.pbx.pbx.home / "log/queue_log").read_bytes().split(b"\n")[:-1]
        parts = queue_log.records((0, line) for line in lines)
        return [row for part in parts if part.whole and (row := queue_log.parse(part.data)) is not None]

    def ended(self) -> set[str]:
        return {row.linkedid for row in self.rows() if row.event == "LINKEDID_END"}


@contextlib.asynccontextmanager
async def centre(folder: Path) -> AsyncIterator[Centre]:
    # The line asks the service about each caller, so that AGI is attacked too.
    site = site_of(folder, Tree(Settings().pbx_root))
    site = replace(site, lines=tuple(replace(line, looks_up=True) for line in site.lines))
    async with private_pbx(folder, site) as pbx:
        site = pbx.site
        address = (site.sip_host, site.sip_port)
        login = AmiLogin(site.ami_host, site.ami_port, site.events_user, site.events_secret)
        async with station(address) as trunk, station(address, VICTIM, SECRETS[VICTIM]) as phone:
            running = Centre(pbx, Events(login, now), trunk, phone)
            sink: asyncio.Queue[facts.Fact] = asyncio.Queue()

            async def gather() -> None:
                while True:
                    running.seen.append(await sink.get())

            async def reception(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                protocol = AgiReader()
                with contextlib.suppress(BrokenAgi, ConnectionError):
                    running.broken += 1
                    while data := await reader.read(4096):
                        if opened := [event for event in protocol.feed(data) if isinstance(event, Opened)]:
                            running.opened.append(dict(opened[0].request))
                            running.broken -= 1
                            break
                writer.close()

            server = await asyncio.start_server(reception, site.agi_host, site.agi_port)
            assert await phone.register() == 200
            await pbx.staff(QUEUE, VICTIM)
            tasks = [asyncio.create_task(running.events.run(sink)), asyncio.create_task(gather())]
            try:
                await until(lambda: running.events.connected, 10)
                yield running
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                server.close()
                await server.wait_closed()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def attacked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """The centre after all attacks."""
    async with centre(tmp_path_factory.mktemp("hostile") / "p") as running:
        begun = 0
        for attack in attacks(SALES, ELSEWHERE, random.Random(None if PROFILE == "fuzz" else 10), examples(40)):
            begun += await struck(running, attack)
        await until(lambda: len(running.ended()) >= begun, 15)
        yield running


async def struck(centre: Centre, attack: Attack) -> bool:
    """Whether the attack became a call, which is over by now; Asterisk does not answer invalid SIP."""
    call = await strike(centre.trunk, attack)
    try:
        await until(lambda: any(status > 100 for status in call.statuses), 1)
    except TimeoutError:
        return False
    await until(lambda: any(status >= 200 for status in call.statuses), 5)
    if 200 in call.statuses:
        call.hang_up()
    return 404 not in call.statuses


async def test_what_a_caller_writes_changes_no_phones_state(attacked: Centre) -> None:
    states = {fact.state for fact in attacked.seen if isinstance(fact, facts.DeviceChanged) and VICTIM in fact.device}
    assert states <= {"NOT_INUSE", "RINGING", "BUSY"}  # Busy includes a ringing phone: device_state_busy_at=1.
    assert not [fact for fact in attacked.seen if isinstance(fact, facts.MemberGone)]


async def test_every_fact_is_about_a_channel_that_there_was(attacked: Centre) -> None:
    real = {row.uniqueid for row in attacked.rows() if row.event == "CHAN_START"} | {""}
    for fact in attacked.seen:
        named = {entry.name: getattr(fact, entry.name) for entry in fields(fact)}
        ids = {named[key] for key in ("linkedid", "uniqueid", "caller", "leg", "by") if key in named}
        assert ids <= real, fact
    assert attacked.events.gaps == 0


async def test_no_row_of_the_files_is_a_callers(attacked: Centre) -> None:
    rows = attacked.rows()
    real = {row.uniqueid for row in rows if row.event == "CHAN_START"}
    assert {row.linkedid for row in rows} <= real
    assert ELSEWHERE not in real
    by_call = {row.callid for row in attacked.queue_rows()} - {"NONE", "CLI"}
    assert by_call <= real
    assert {row.event for row in attacked.queue_rows()} <= {
        "QUEUESTART",
        "ADDMEMBER",
        "ENTERQUEUE",
        "ABANDON",
        "RINGCANCELED",
    }
    starts = [row for row in rows if row.event == "CHAN_START" and "trunk" in row.channel]
    assert {row.linkedid for row in starts} == attacked.ended()


async def test_no_caller_breaks_off_the_reception_or_speaks_in_its_opening(attacked: Centre) -> None:
    assert attacked.broken == 0
    assert len(attacked.opened) > 40
    for opened in attacked.opened:
        assert (opened["accountcode"], opened["arg_1"]) == (QUEUE, QUEUE)
        assert set(opened["callerid"]) <= set("+0123456789") or opened["callerid"] == "unknown"
        assert set(opened["rdnis"]) <= set("+0123456789") or opened["rdnis"] == "unknown"


async def test_a_dialled_number_with_anything_but_digits_reaches_nothing(attacked: Centre) -> None:
    for dialled in (f"{SALES}%0d%0aX", "10086%0a", "1001%0d%0a", "%0d%0a1001"):
        call = await attacked.trunk.call(dialled)
        await call.status(404)
        assert await attacked.phone.register() == 200
        call = await attacked.phone.signed_call(dialled)
        await call.status(404)


async def test_a_true_loss_of_a_phone_is_still_seen(attacked: Centre) -> None:
    before = len(attacked.seen)
    assert await attacked.phone.register(expires=0) == 200

    def gone() -> bool:
        return any(
            isinstance(fact, facts.DeviceChanged) and fact.device == f"PJSIP/{VICTIM}" and fact.state == "UNAVAILABLE"
            for fact in attacked.seen[before:]
        )

    await until(gone, 10)
