"""Tests that a waiting caller who presses 1 is called back: on a real Asterisk, while the service is down."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from callcenter.asterisk.ami_link import AmiLink
from callcenter.asterisk.ami_login import AmiLogin
from callcenter.asterisk.cel import parse
from callcenter.asterisk.queue_log import parse as parse_log
from callcenter.calls.model import Outcome
from callcenter.calls.record import Sources, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.demo.api_client import until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import phones, silent
from tests.support.pbx import ORDERS, SECRETS, PrivatePbx, private_pbx

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivatePbx]:
    async with private_pbx(tmp_path_factory.mktemp("request")) as running:
        yield running


def cel(pbx: PrivatePbx) -> list[dict[str, Any]]:
    path = Path(pbx.site.logs) / "cel-custom" / "cel.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def test_R8_a_waiting_caller_presses_1_and_is_recorded_as_wanting_a_return_call(pbx: PrivatePbx) -> None:
    site = pbx.site
    link = await AmiLink.connect(AmiLogin(site.ami_host, site.ami_port, site.control_user, site.control_secret, False))
    try:
        async with phones(pbx.network, SECRETS) as floor:
            await floor.register({"1001": silent()})
            await pbx.staff("orders", "1001")
            async with calls(pbx.network, [Caller("13900000088", ORDERS, patience=30)]) as ringing:
                await floor.see("ringing", "1001")
                channels = await link.ask_list("CoreShowChannels")
                name = next(channel.get("Channel") for channel in channels if channel.get("Application") == "Queue")
                await link.act("PlayDTMF", ("Channel", name), ("Digit", "1"), ("Receive", "true"))
                await floor.see("cancelled", "1001")
                await ringing.over(within=20)

        async def over() -> bool:
            return any(row["eventenum"] == "LINKEDID_END" for row in cel(pbx))

        await until(over, 5, "the call's last event")
    finally:
        await link.close()
    rows = [row for line in cel(pbx) if (row := parse(json.dumps(line).encode())) is not None]
    lines = (Path(site.logs) / "queue_log").read_bytes().splitlines()
    linkedid = rows[0].linkedid
    queue = [entry for line in lines if (entry := parse_log(line)) is not None and entry.callid == linkedid]
    built = build(Sources("pbx1", linkedid, [row for row in rows if row.linkedid == linkedid], queue), RULES)
    assert built is not None
    assert (built.record.outcome, built.record.reason) == (Outcome.CALLBACK_REQUESTED, "key")
    assert built.record.queued_at is not None


RULES = RingRules(3, cadence_of("cn"))
