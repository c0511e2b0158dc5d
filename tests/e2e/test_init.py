"""Tests a centre set up by `callcenter init`, and a call to a phone set up from `callcenter phones show`."""

from __future__ import annotations

import asyncio
import os
import sys
import tomllib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callcenter.clock import now
from callcenter.demo.api_client import ApiClient, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.centre import SOURCE, Centre, other_ports
from callcenter.demo.phones import answers, phones
from callcenter.demo.sipp import SippFailed
from callcenter.settings import Settings

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(180)]


async def command(centre: Centre, *words: str) -> str:
    """Run a command as an operator types it in the centre's folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callcenter",
        *words,
        cwd=centre.folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), **centre.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


def on_duty(folder: Path, at: datetime) -> str:
    local = at.astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
    shifts = tomllib.loads((folder / "centre.toml").read_text("utf-8"))["shifts"]
    return next(str(row["agent"]) for row in shifts if row["starts_at"] <= local < row["ends_at"])


async def test_the_first_call_of_a_new_centre_is_answered(tmp_path: Path) -> None:
    centre = Centre(tmp_path, Settings().pbx_root.resolve(), other_ports())
    for words in (["init"], ["db", "upgrade"], ["import", "centre.toml"]):
        await command(centre, *words)
    agent = on_duty(tmp_path, now())
    output = await command(centre, "phones", "show", agent)
    account = dict(line.split(None, 1) for line in output.splitlines() if line)
    assert account["server"] == f"127.0.0.1:{centre.ports['CC_PBX__SIP_PORT']}"
    try:
        await centre.start()
        await centre.account("admin", "管理员", "administrator")
        async with (
            ApiClient(centre.origin, await centre.token("admin")) as api,
            phones(centre.network, {account["account"]: account["secret"]}) as floor,
        ):

            async def registered() -> bool:
                try:
                    await floor.register({agent: answers(after=1.0)})
                except SippFailed:
                    return False
                return True

            await until(registered, 30, "the phone registers")
            await api.post(f"/agents/{agent}/presence/sign-in")
            async with calls(centre.network, [Caller("13974800001", "073188880001", "王芳", talks=2)]):
                await floor.see("answered", agent, within=30)

            async def recorded() -> bool:
                result = await api.items("/calls", outcome="answered")
                return [call["agent"] for call in result] == [agent]

            await until(recorded, 30, "the record names the agent who answered")
    finally:
        await centre.stop()
