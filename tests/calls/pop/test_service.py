"""Tests that a fault of one caller's files costs no other agent the screen pop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from callcenter.calls.effects import AgentOffered, NumberSeen
from callcenter.calls.model import MEMBER, CallRecord, PathStep
from callcenter.calls.pop.model import Dossier, LineNow
from callcenter.calls.pop.service import Pops
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.facts import CallId, Linkedid, linkedid_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.ports import DeltaKind
from tests.calls.pop.test_model import CALL, LINE, NOON, dossier
from tests.support.waiting import until

Shape = TypeVar("Shape", bound=Mapping[str, object])
DAMAGED = replace(CALL, linkedid=linkedid_of("pbx1-8.8"), caller_number="13974812008")


class Floor:
    """Two live calls."""

    def record_of(self, linkedid: Linkedid) -> CallRecord | None:
        return next((call for call in (DAMAGED, CALL) if call.linkedid == linkedid), None)

    def record_by_id(self, call: CallId) -> CallRecord | None:
        return next((record for record in (DAMAGED, CALL) if record.id == call), None)


class Files:
    """The files of one number cannot be read."""

    async def dossier(self, number: str, member: str = "") -> Dossier:
        if number == DAMAGED.caller_number:
            raise ValueError("damaged")
        return dossier(number=number)

    async def line(self, code: str) -> LineNow:
        return LINE


class Slow(Files):
    """Files that are read when the test lets them be."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.may_read = asyncio.Semaphore(0)

    async def dossier(self, number: str, member: str = "") -> Dossier:
        self.asked.put_nowait((number, member))
        await self.may_read.acquire()
        return replace(dossier(number=number), member=member)


class OneCall(Floor):
    call = CALL

    def record_of(self, linkedid: Linkedid) -> CallRecord | None:
        return self.call if linkedid == CALL.linkedid else None


async def test_a_ring_that_comes_while_the_files_are_read_waits_for_them_unless_the_caller_is_known_by_more(
    sqlite_database: Database, tmp_path: Path
) -> None:
    came: asyncio.Queue[frozenset[str] | None] = asyncio.Queue()

    def publish(kind: DeltaKind[Shape], data: Shape, agents: frozenset[str] | None = None) -> None:
        came.put_nowait(agents)

    calls = CallService(sqlite_database, "pbx1", RuleBook.of(Settings(data_dir=tmp_path).policy))
    floor, files = OneCall(), Slow()
    pops = Pops(floor, calls, files, publish, lambda: NOON)
    running = asyncio.create_task(pops.run())
    try:
        async with asyncio.timeout(5):
            pops.number_seen(NumberSeen(CALL.linkedid, CALL.caller_number))
            assert await files.asked.get() == (CALL.caller_number, "")
            pops.offered(AgentOffered(CALL.linkedid, "1001"))
            files.may_read.release()
            assert await came.get() == frozenset({"1001"})
            # The next phone rings from what is on file.
            pops.offered(AgentOffered(CALL.linkedid, "1002"))
            assert await came.get() == frozenset({"1002"})
            assert files.asked.empty()
            # A member number that is keyed in while the files are read makes them be read again.
            floor.call = replace(CALL, path=(PathStep(NOON, "member", "*", f"{MEMBER}m1"),))
            pops.offered(AgentOffered(CALL.linkedid, "1001"))
            assert await files.asked.get() == (CALL.caller_number, "m1")
            floor.call = replace(CALL, path=(PathStep(NOON, "member", "*", f"{MEMBER}m2"),))
            files.may_read.release()
            assert await files.asked.get() == (CALL.caller_number, "m2")
            files.may_read.release()
            assert await came.get() == frozenset({"1001"})
        assert files.asked.empty()
        assert came.empty()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_fault_of_one_callers_files_is_counted_and_the_next_pop_comes(
    sqlite_database: Database, tmp_path: Path
) -> None:
    came: asyncio.Queue[tuple[str, frozenset[str] | None]] = asyncio.Queue()

    def publish(kind: DeltaKind[Shape], data: Shape, agents: frozenset[str] | None = None) -> None:
        came.put_nowait((str(data["call"]), agents))

    calls = CallService(sqlite_database, "pbx1", RuleBook.of(Settings(data_dir=tmp_path).policy))
    pops = Pops(Floor(), calls, Files(), publish, lambda: NOON)
    running = asyncio.create_task(pops.run())
    try:
        pops.offered(AgentOffered(DAMAGED.linkedid, "1002"))
        pops.offered(AgentOffered(CALL.linkedid, "1001"))
        async with asyncio.timeout(5):
            assert await came.get() == (CALL.id, frozenset({"1001"}))
        assert pops.faults == 1
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


class LateFiles(Files):
    """The files can be read again after some attempts."""

    def __init__(self, faults: int) -> None:
        self.faults = faults
        self.asked = 0

    async def dossier(self, number: str, member: str = "") -> Dossier:
        self.asked += 1
        if self.asked <= self.faults:
            raise ValueError("damaged")
        return dossier(number=number)


@pytest.mark.parametrize(("faults", "comes"), [(2, True), (9, False)])
async def test_files_that_could_not_be_read_are_read_again_while_the_phone_rings(
    sqlite_database: Database, tmp_path: Path, faults: int, comes: bool
) -> None:
    came: list[frozenset[str] | None] = []

    def publish(kind: DeltaKind[Shape], data: Shape, agents: frozenset[str] | None = None) -> None:
        came.append(agents)

    calls, files = (
        CallService(sqlite_database, "pbx1", RuleBook.of(Settings(data_dir=tmp_path).policy)),
        LateFiles(faults),
    )
    pops = Pops(Floor(), calls, files, publish, lambda: NOON, pauses=(0.0, 0.0, 0.0))
    running = asyncio.create_task(pops.run())
    try:
        pops.offered(AgentOffered(CALL.linkedid, "1001"))
        await until(lambda: bool(came) if comes else pops.faults == 4, 5)
        # Without a further ring; and not for as long as the call lasts.
        assert (came, files.asked, pops.faults) == (([frozenset({"1001"})], 3, 2) if comes else ([], 4, 4))
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
