"""Tests R7: a call while nothing answers at the carrier's address, on a real Asterisk."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from callcenter.asterisk.cel import parse
from callcenter.asterisk.install import Tree
from callcenter.calls.model import Outcome
from callcenter.calls.record import Sources, build
from callcenter.centre.trunk_watch import TrunkWatch
from callcenter.demo.ports import free_port
from callcenter.settings import Settings
from tests.e2e.floor import RULES
from tests.support.pbx import SECRETS, private_pbx, site_of
from tests.support.sip import station, until

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]
TIMER_B = 32.0


async def test_R7_two_calls_that_the_carrier_does_not_respond_to_are_a_trunk_out_of_order(tmp_path: Path) -> None:
    site = replace(site_of(tmp_path / "p", Tree(Settings().pbx_root)), trunk_port=free_port())
    async with contextlib.AsyncExitStack() as stack:
        pbx = await stack.enter_async_context(private_pbx(tmp_path / "p", site))
        phone = await stack.enter_async_context(station(("127.0.0.1", pbx.site.sip_port), "1001", SECRETS["1001"]))
        assert await phone.register() == 200
        calls = [await phone.signed_call(number) for number in ("13800138000", "13800138001")]
        for call in calls:
            await call.status(408, within=TIMER_B + 20)
        file = Path(site.logs) / "cel-custom/cel.jsonl"
        await until(
            lambda: file.read_text().count('"eventtype":"LINKEDID_END"') == len(calls), 10, "both calls have ended"
        )
    rows = [row for line in file.read_bytes().splitlines() if (row := parse(line)) is not None]
    records = []
    for linkedid in {row.linkedid for row in rows}:
        built = build(Sources("pbx1", linkedid, [row for row in rows if row.linkedid == linkedid], []), RULES)
        assert built is not None
        records.append(built.record)
    assert [record.outcome for record in records] == [Outcome.FAILED] * 2
    trunk = TrunkWatch()
    await trunk.calls_recorded(records[:1])
    assert trunk.troubles() == []
    await trunk.calls_recorded(records[1:])
    assert [trouble.cause for trouble in trunk.troubles()] == ["calls_do_not_go_out"]
