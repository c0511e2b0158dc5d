"""Tests a flow from its file to the agent's screen: loaded by the command, heard, answered by keys, recorded."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.demo.api_client import until as until_state
from tests.e2e.centre import SALES, RunningCentre, running_centre
from tests.support.flows import record_tones, sample
from tests.support.sip import station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    async with running_centre(tmp_path_factory.mktemp("flows") / "c") as running:
        yield running


async def command(at: RunningCentre, *words: str) -> tuple[int, str]:
    """Run `callcenter ivr WORDS` on the centre's database."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callcenter",
        "ivr",
        *words,
        env={**os.environ, **at.centre.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_a_flow_is_taken_up_without_a_restart_and_its_path_reaches_the_record(
    floor: RunningCentre, tmp_path: Path
) -> None:
    await asyncio.to_thread(record_tones, floor.centre.pbx.home)
    file = tmp_path / "hotline.toml"
    file.write_text(sample("hotline", "sales").replace('"dialect"', '"dialekt"', 1))
    status, output = await command(floor, "load", str(file), "--by", "admin")
    assert status == 1, output
    assert "dialekt" in output
    file.write_text(sample("hotline", "sales"))
    status, output = await command(floor, "load", str(file), "--by", "admin")
    assert status == 0, output

    async def rendered() -> bool:
        return "cc-flow" in await floor.console("dialplan show sales@cc-line")

    await until_state(rendered, 40, "the line asks")
    settings = floor.centre.settings
    async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as carrier:
        call = await carrier.call(SALES, "13974812999")
        answered = await call.status(200)
        await until(lambda: call.media.loud_seconds(answered) > 0.3, 15, "the greeting")
        call.media.press("1")
        await call.gone(within=30)
    record = await floor.call("13974812999", within=20)
    assert record["outcome"] == "callback_requested"
    steps = [(step["step"], step["keys"], step["result"]) for step in record["path"]]
    assert ("away", "1", "") in steps
    assert ("hours", "", "open") in steps or ("hours", "", "nobody") in steps, steps
