"""Tests that a fault of one caller's files costs no other agent the screen pop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from callcenter.calls.effects import AgentOffered
from callcenter.calls.model import CallRecord
from callcenter.calls.pop.model import Dossier, LineNow
from callcenter.calls.pop.service import Pops
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.facts import CallId, Linkedid, linkedid_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.ports import DeltaKind
from tests.calls.pop.test_model import CALL, LINE, NOON, dossier

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
