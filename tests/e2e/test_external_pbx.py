"""A centre pointed at an Asterisk that it neither starts nor configures: an operator renders the files and reloads."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.clock import now
from callcenter.demo.api_client import until as until_state
from callcenter.demo.callers import Caller, calls
from callcenter.demo.centre import Centre, other_ports
from callcenter.demo.phones import answers
from callcenter.settings import Settings
from tests.e2e.centre import ORDERS, SALES, SETTINGS, RunningCentre, furnished
from tests.support.flows import sample
from tests.support.sip import station

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
VIP, BLOCKED, KEYS = "13955000101", "13955000102", "13955000103"
OWN = {
    "CC_PBX__EMBEDDED": "false",
    "CC_PBX__EVENTS_SECRET": "e" * 24,
    "CC_PBX__CONTROL_SECRET": "c" * 24,
}


async def command(centre: Centre, *words: str) -> str:
    """Run `callcenter WORDS` with the settings of the centre."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callcenter", *words),
        env={**os.environ, **centre.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def configure(centre: Centre) -> None:
    """What an operator does on the Asterisk host after a change: render, and let Asterisk read its files again."""
    await command(centre, "pbx", "render", "--out", str(centre.pbx.etc))
    if centre.pbx.pid() is not None:
        await asyncio.to_thread(centre.pbx.console, "core reload")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("outer") / "c"
    centre = Centre(folder, Settings().pbx_root, other_ports(), {**SETTINGS, **OWN})
    folder.mkdir(parents=True)
    await command(centre, "db", "upgrade")
    await command(centre, "prompts", "build")
    await asyncio.to_thread(centre.pbx.write, {})
    await configure(centre)
    await asyncio.to_thread(centre.pbx.start)
    async with furnished(centre) as running:
        await configure(centre)
        yield running


async def rang(centre: RunningCentre, number: str) -> list[str]:
    before = len(centre.floor.events())
    async with calls(centre.centre.network, [Caller(number, SALES)]) as ringing:
        assert await ringing.over(60)
    return [seen.party for seen in centre.floor.events()[before:] if seen.what == "ringing" and seen.other == number]


async def test_a_centre_works_with_an_asterisk_that_it_does_not_run(centre: RunningCentre, tmp_path: Path) -> None:
    await centre.staff("sales", {"1001": answers(0.2, 0.3)})
    assert await rang(centre, "13955000100") == ["1001"]
    record = await centre.call("13955000100", within=30)
    assert (record["outcome"], record["agent"], record["late"]) == ("answered", "1001", False)

    # A standing, a block and a flow take effect once the operator has rendered the files again.
    await centre.api.post("/customers", {"name": "贺先生", "numbers": [VIP], "standing": "vip"})
    end = (now() + timedelta(days=1)).isoformat()
    await centre.api.post("/blocks", {"number": BLOCKED, "reason": "骚扰电话", "ends_at": end})
    file = tmp_path / "hotline.toml"
    file.write_text(sample("hotline", "orders"))
    await command(centre.centre, "ivr", "load", str(file), "--by", "admin")
    assert "cc-flow" not in await centre.console("dialplan show orders@cc-line"), "its files are the operator's"
    await configure(centre.centre)

    async def rendered() -> bool:
        asks = "cc-flow" in await centre.console("dialplan show orders@cc-line")
        return asks and "cc-reception" in await centre.console("dialplan show sales@cc-line")

    await until_state(rendered, 40, "Asterisk has read its files again", every=0.5)

    async def pushed() -> bool:
        return "CC_AHEAD_sales=q" in await centre.console("dialplan show globals")

    # The reload cleared the decisions; Asterisk's event has them sent again, long before all are repeated.
    await until_state(pushed, 20, "the decisions are there again", every=0.5)
    assert await rang(centre, BLOCKED) == []
    assert (await centre.call(BLOCKED, within=30))["reason"] == "blocked"
    assert await rang(centre, VIP) == ["1001"]
    settings = centre.centre.settings
    async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as carrier:
        call = await carrier.call(ORDERS, KEYS)
        await call.status(200, within=30)
        # No one is on duty for this line: the menu of that case has 1 for a return call.
        call.media.press("1")
        await call.gone(within=60)
    record = await centre.call(KEYS, within=30)
    path = [(step["step"], step["keys"], step["result"]) for step in record["path"]]
    assert ("away", "1", "") in path, (path, record["outcome"], record["reason"])
    # The service has started no Asterisk and stops none.
    await centre.centre.kill()
    assert centre.centre.pbx.pid() is not None
