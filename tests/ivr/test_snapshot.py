"""Tests the snapshot and the process that looks things up in it: restarted when it dies, ended with its service."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.floor import Floor
from callcenter.calls.live import LiveFloor
from callcenter.calls.rules import RuleBook
from callcenter.centre.reception import ReceptionSupervisor
from callcenter.clock import now
from callcenter.customers.model import Customer
from callcenter.customers.model import Standing as OurStanding
from callcenter.demo.api_client import until
from callcenter.demo.ports import free_port
from callcenter.facts import DutyChanged, PresenceChanged
from callcenter.kit.hours import OpeningHours, Window
from callcenter.settings import PbxSettings, Settings
from callcenter.storage.database import Database
from ivr.reception import Customer as CallerOnFile
from ivr.reception import Line, Standing
from ivr.snapshot import Snapshot, read, written
from tests.support.rooms import CHIEF, Rooms

WINDOWS = st.builds(Window, st.integers(0, 6), st.times(), st.times())
LINES = st.builds(
    Line,
    st.text(max_size=20),
    st.text(max_size=20),
    hours=st.builds(OpeningHours, st.tuples(WINDOWS, WINDOWS) | st.just(())),
    priority=st.integers(0, 100),
)
BOOKS = st.builds(
    Snapshot,
    st.dictionaries(st.text(max_size=20), LINES, max_size=3),
    st.none() | st.dictionaries(st.text(max_size=20), st.lists(st.text(max_size=9), max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=20), st.sampled_from(Standing), max_size=3),
    st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=3),
    st.dictionaries(
        st.text(max_size=20),
        st.lists(st.tuples(st.text(max_size=9), st.integers(0, 9_999_999_999)), max_size=3).map(tuple),
        max_size=3,
    ),
    st.sampled_from(["CN", "GB"]),
    st.sampled_from(["", "9"]),
)


@given(BOOKS)
def test_the_snapshot_is_one_line_and_is_read_back_unchanged(snapshot: Snapshot) -> None:
    line = written(snapshot)
    assert line.count(b"\n") == 1
    assert read(line) == snapshot


def test_hours_keep_their_minutes_and_seconds() -> None:
    hours = OpeningHours((Window(0, time(8, 30), time(17, 59, 59)),), "Asia/Urumqi")
    assert read(written(Snapshot({"a": Line("a", "a", hours=hours)}))).lines["a"].hours == hours


class NoWatchers:
    """A floor without watchers."""

    def publish(self, kind: str, data: Mapping[str, object], agents: frozenset[str] | None = None) -> int:
        return 0

    def replace(self, snapshot: Mapping[str, object]) -> int:
        return 0


@dataclass
class Front:
    """A reception that runs, the floor that it hears of, and the rooms."""

    reception: ReceptionSupervisor
    live: LiveFloor
    rooms: Rooms
    port: int

    async def set_presence(self, state: str) -> None:
        """Agent 1001 declares a state."""
        await self.live.submit(PresenceChanged(now(), "1001", "李", "1001", state, ""))

    async def decision(self, caller: str = "13800138000") -> str:
        """The variables that the dialplan receives for a caller of the line; empty when there are none."""
        try:
            async with asyncio.timeout(5):
                return await self._ask(caller)
        except ConnectionError:
            return ""

    async def _ask(self, caller: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            asked = f"agi_network_script: reception\nagi_callerid: {caller}\nagi_accountcode: orders\n\n"
            writer.write(asked.encode())
            command = (await reader.readline()).decode()
            writer.write(b"200 result=0\n")
            await reader.read()
            return command
        finally:
            writer.close()

    async def hears(self, words: str, caller: str = "13800138000") -> bool:
        return words in await self.decision(caller)


@asynccontextmanager
async def front(database: Database, tmp_path: Path) -> AsyncIterator[Front]:
    rooms, port = Rooms(database), free_port()
    await rooms.furnish("1001")
    settings = Settings(data_dir=tmp_path, pbx=PbxSettings(agi_port=port))
    live = LiveFloor(Floor("pbx1", RuleBook()), NoWatchers(), now, lambda: None)
    reception = ReceptionSupervisor(settings, rooms.lines, rooms.queues, rooms.customers, live)
    await reception.refresh()
    tasks = [asyncio.create_task(live.run(), name="floor"), asyncio.create_task(reception.run(), name="reception")]
    try:
        async with asyncio.timeout(20):
            await reception.ready.wait()
        yield Front(reception, live, rooms, port)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_is_on_duty_and_signed_in_reaches_the_reception_at_once(database: Database, tmp_path: Path) -> None:
    async with front(database, tmp_path) as at:
        assert await at.decision() == "", "nobody has said yet who is on duty, so the dialplan asks the queue itself"
        await at.live.submit(DutyChanged(now(), (("orders", ("1001",)),)))
        await until(lambda: at.hears("CC_ACTION=nobody"), 5, "on duty, but not signed in")
        await at.set_presence("available")
        await until(lambda: at.hears("CC_ACTION=queue"), 5, "signed in")
        await at.set_presence("signed_out")
        await until(lambda: at.hears("CC_ACTION=nobody"), 5, "signed out")


async def test_R11_a_key_accounts_number_in_any_writing_goes_first_and_others_wait_their_turn(
    database: Database, tmp_path: Path
) -> None:
    async with front(database, tmp_path) as at:
        await at.live.submit(DutyChanged(now(), (("orders", ("1001",)),)))
        await at.set_presence("available")
        await at.rooms.customers.add(Customer("大客户", ("13800138000",), standing=OurStanding.KEY_ACCOUNT), CHIEF)
        await at.reception.refresh()
        await until(lambda: at.hears("QUEUE_PRIO=20", "+8613800138000"), 5, "the key account's priority")
        assert await at.hears("QUEUE_PRIO=20", "013800138000")
        assert await at.hears("QUEUE_PRIO=0", "13900139000")
        assert await at.hears("QUEUE_PRIO=0", "anonymous")


async def test_a_dead_reception_is_restarted_with_a_current_snapshot(database: Database, tmp_path: Path) -> None:
    async with front(database, tmp_path) as at:
        await at.live.submit(DutyChanged(now(), (("orders", ("1001",)),)))
        await at.set_presence("available")
        await until(lambda: at.hears("CC_ACTION=queue"), 5, "signed in")
        (process,) = receptions(at.port)
        os.kill(process, signal.SIGKILL)
        await until(lambda: at.hears("CC_ACTION=queue"), 20, "the reception is back")
        assert receptions(at.port) != [process]


async def test_the_reception_ends_with_its_service(database: Database, tmp_path: Path) -> None:
    async with front(database, tmp_path) as at:
        assert len(receptions(at.port)) == 1
    assert receptions(at.port) == []


def receptions(port: int) -> list[int]:
    """The processes that answer at this port."""
    result = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"ivr.process" in words and str(port).encode() in words:
            result.append(int(folder.name))
    return result


def test_what_is_on_file_of_a_number_is_found_in_every_spelling_and_survives_the_pipe() -> None:
    number, other = "+8613974812346", "+8613974812347"
    snapshot = Snapshot(
        standings={number: Standing.VIP},
        dialects={number: "xiang-changsha"},
        blocks={other: (("", 1_764_000_000), ("orders", 9_999_999_999))},
    )
    assert read(written(snapshot)) == snapshot
    for spelling in ("13974812346", "013974812346", "008613974812346", number):
        assert snapshot.customer(spelling) == CallerOnFile(Standing.VIP, "xiang-changsha")
    assert snapshot.customer(other) == CallerOnFile(blocked=(("", 1_764_000_000), ("orders", 9_999_999_999)))
    for unknown in ("13974812348", "anonymous", "x"):
        assert snapshot.customer(unknown) is None
