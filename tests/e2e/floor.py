"""Runs a carrier and two phones at a PBX without the service, and builds the records that its files give."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk.cel import parse
from callcenter.asterisk.queue_log import parse as parse_log
from callcenter.calls.model import CallRecord
from callcenter.calls.record import Sources, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from tests.support.pbx import SALES, SECRETS, PrivatePbx
from tests.support.sip import Call, Station, station, until

RULES = RingRules(3, cadence_of("cn"))


@contextlib.asynccontextmanager
async def two_phones(pbx: PrivatePbx) -> AsyncIterator[tuple[Station, Station, Station]]:
    """A carrier, and the registered phones 1001 and 1002."""
    here = ("127.0.0.1", pbx.site.sip_port)
    async with (
        station(here, port=pbx.site.trunk_port) as carrier,
        station(here, "1001", SECRETS["1001"]) as first,
        station(here, "1002", SECRETS["1002"]) as second,
    ):
        assert (await first.register(), await second.register()) == (200, 200)
        yield carrier, first, second


@dataclass
class Floor:
    """A carrier and two phones at a PBX; 1003 is never registered."""

    pbx: PrivatePbx
    carrier: Station
    first: Station
    second: Station

    async def talk(self, caller: str) -> tuple[Call, Call]:
        """A connected call between a caller and 1001: the caller's side and the agent's."""
        before = len(self.first.incoming)
        call = await self.carrier.call(SALES, caller)
        agent = await self.first.called(before + 1)
        agent.answer()
        await agent.acknowledged()
        return call, agent

    async def record(self, caller: str) -> CallRecord:
        """The call's record from the PBX's files, once the call has ended."""
        logs = Path(self.pbx.site.logs)
        records: list[CallRecord] = []

        def ended() -> bool:
            lines = (logs / "cel-custom/cel.jsonl").read_bytes().splitlines()
            rows = [entry for line in lines if (entry := parse(line)) is not None]
            first = next((row for row in rows if row.number == caller and row.event == "CHAN_START"), None)
            if first is None or not any(r.event == "LINKEDID_END" and r.linkedid == first.linkedid for r in rows):
                return False
            logged = [row for line in (logs / "queue_log").read_bytes().splitlines() if (row := parse_log(line))]
            queue = [row for row in logged if row.callid == first.linkedid]
            built = build(
                Sources("pbx1", first.linkedid, [r for r in rows if r.linkedid == first.linkedid], queue), RULES
            )
            assert built is not None
            records[:] = [built.record]
            return True

        await until(ended, 10, f"the record of {caller}")
        return records[0]
