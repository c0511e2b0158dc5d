"""Tests `make run` as its user sees it: a centre comes up, a second one is refused, Ctrl-C leaves nothing running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from callcenter.demo.api_client import ApiClient, Refused, until
from callcenter.demo.centre import SOURCE
from callcenter.demo.matters import MATTERS, PROMISES
from callcenter.demo.town import REGULARS
from callcenter.settings import Settings

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command in a session of its own, as a terminal would start it."""
    own = {"CC_DATA_DIR": str(folder), "CC_PBX__ROOT": str(Settings().pbx_root.resolve()), "PYTHONPATH": str(SOURCE)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callcenter",
        "demo",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "LC_ALL": "en_US.UTF-8", **own},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def output_has(process: asyncio.subprocess.Process, words: str) -> None:
    """Read its output until these words appear."""
    assert process.stdout is not None
    async with asyncio.timeout(100):
        while line := await process.stdout.readline():
            assert "not whole" not in line.decode(), line.decode()
            if words in line.decode():
                return
    raise AssertionError(f"it ended before it said: {words}")


def left(folder: Path) -> list[str]:
    """Processes whose command or environment names the folder."""
    result = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            seen = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in seen and place.name != str(os.getpid()):
            result.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return result


async def nothing_is_left(folder: Path) -> None:
    async def gone() -> bool:
        return not left(folder)

    await until(gone, 10, "nothing of the demo runs", every=0.2)


async def test_a_second_demo_is_refused_and_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    async with demo(tmp_path) as first:
        await output_has(first, "Ctrl-C stops all of it.")
        async with demo(tmp_path) as second:
            await output_has(second, "A demo centre is already running")
            assert await second.wait() == 1
        assert left(tmp_path)
        os.killpg(first.pid, signal.SIGINT)
        await output_has(first, "Everything is stopped.")
        assert await first.wait() == 0
        await nothing_is_left(tmp_path)


async def test_ctrl_c_while_it_starts_leaves_nothing_running(tmp_path: Path) -> None:
    async with demo(tmp_path) as process:
        await output_has(process, "Starting Asterisk and the service ...")
        os.killpg(process.pid, signal.SIGINT)
        await output_has(process, "Everything is stopped.")
        assert await process.wait() == 0
        await nothing_is_left(tmp_path)


async def logins(process: asyncio.subprocess.Process) -> dict[str, str]:
    """Everyone's login and password, and the address as `origin`, from the demo's output."""
    assert process.stdout is not None
    logins_ = {}
    async with asyncio.timeout(60):
        while line := (await process.stdout.readline()).decode():
            if where := re.search(r"API documentation +(http://\S+)/docs", line):
                logins_["origin"] = where[1]
            if login := re.search(r"Login as \S+ +(\S+) +/ (\S+)", line):
                logins_[login[1]] = login[2]
            if "Ctrl-C stops all of it." in line:
                return logins_
    raise AssertionError("it ended before it was ready")


async def figures(api: ApiClient) -> dict[str, object]:
    cases = await api.items("/cases")
    reasons = [call["reason"] for call in await api.items("/callbacks")]
    return {
        "customers": len(await api.items("/customers")),
        "cases": sorted((case["order_number"], case["state"], bool(case["customer"])) for case in cases),
        "announcements": len(await api.items("/announcements", everything="true")),
        "departments": len(await api.items("/departments")),
        "return calls": [reasons.count(promise.reason) for promise in PROMISES],
    }


@pytest.mark.timeout(400)
async def test_the_demo_is_a_centre_at_work_and_repeated_runs_add_nothing(tmp_path: Path) -> None:
    await killed_amid_its_cases(tmp_path)
    seen = []
    for first in (True, False):
        async with demo(tmp_path) as process:
            people = await logins(process)
            await output_has(process, "return calls are in place")
            async with ApiClient(people["origin"]) as api, ApiClient(people["origin"]) as agent:
                await api.sign_in("supervisor", people["supervisor"])
                seen.append(await figures(api))
                if first:
                    await agent.sign_in("agent", people["agent"])
                    await a_return_call_is_made(agent, tmp_path)
                    await the_week_is_recorded(api)
            os.killpg(process.pid, signal.SIGINT)
            await output_has(process, "Everything is stopped.")
            assert await process.wait() == 0
    assert seen[0] == seen[1]
    assert seen[0]["customers"] == len(REGULARS)
    cases = cast(list[tuple[str, str, bool]], seen[0]["cases"])
    assert [order for order, _, _ in cases] == [matter.order for matter in MATTERS]
    assert {state for _, state, _ in cases} >= {"received", "investigating", "proposed", "verified", "closed"}
    assert all(has_customer for _, _, has_customer in cases)
    assert seen[0]["return calls"] == [1] * len(PROMISES)
    await nothing_is_left(tmp_path)


async def killed_amid_its_cases(folder: Path) -> None:
    async with demo(folder) as process:
        people = await logins(process)
        async with ApiClient(people["origin"]) as api:
            await api.sign_in("supervisor", people["supervisor"])

            async def some_are_open() -> bool:
                return len(await api.items("/cases")) >= 3

            await until(some_are_open, 60, "some of the cases are open")
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def a_return_call_is_made(agent: ApiClient, folder: Path) -> None:
    """Claim, dial, hear the customer, write the result; the agent's phone may be busy with an incoming call."""
    claimed: dict[str, Any] = {}

    async def claim() -> bool:
        with contextlib.suppress(Refused):
            claimed.update(await agent.post("/callbacks/next"))
        return bool(claimed)

    async def dial() -> bool:
        with contextlib.suppress(Refused):
            await agent.post(f"/callbacks/{claimed['id']}/dial")
            return True
        return False

    async def customer_speaks() -> bool:
        call = await agent.get(f"/callbacks/{claimed['id']}")
        recordings = (folder / "demo" / "pbx" / "spool" / "monitor").glob("*~out~*.wav")
        return call["state"] == "talking" and any(loud(recording) for recording in recordings)

    await until(claim, 60, "a return call is claimed", every=1.0)
    await until(dial, 60, "the agent's phone is free for the return call", every=1.0)
    await until(customer_speaks, 40, "the customer answers and speaks", every=0.5)
    written = await agent.post(f"/callbacks/{claimed['id']}/result", {"result": "answered", "notes": "已告知。"})
    assert (written["state"], written["result"]) == ("done", "answered")


def loud(recording: Path) -> bool:
    """Whether 16-bit samples after the 44-byte header rise above the noise of a silent line."""
    data = recording.read_bytes()[44:]
    return any(abs(sample) > 2000 for (sample,) in struct.iter_unpack("<h", data[: len(data) // 2 * 2]))


async def the_week_is_recorded(api: ApiClient) -> None:
    async def recorded() -> bool:
        return len(await api.items("/calls", outcome="answered")) > 250

    await until(recorded, 60, "the week's calls are recorded", every=1.0)
    calls = await api.items("/calls", outcome="answered")
    assert any(call["late"] for call in calls), "R1: the late agent's calls are late"
