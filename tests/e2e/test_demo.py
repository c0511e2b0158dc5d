"""Tests `make run` as its user sees it: a centre comes up, a second one is refused, Ctrl-C leaves nothing running."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import struct
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
import soundfile

from callcenter.demo.api_client import ApiClient, Refused, until
from callcenter.demo.matters import MATTERS, PROMISES
from callcenter.demo.town import LOGINS, REGULARS
from tests.support.demo import DemoAccess, demo, end_all, left, nothing_is_left, output_has, printed_access

WORDS = "继续深入探索"
pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """The demo's data; what a failed test leaves running is ended."""
    yield tmp_path
    await end_all(tmp_path)


async def test_what_a_failed_test_leaves_running_is_ended(folder: Path) -> None:
    environment = {**os.environ, "CC_DATA_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec("sleep", "300", env=environment, start_new_session=True)
    assert process.pid in left(folder)
    # The kernel keeps a child's entry until it is waited for.
    await asyncio.gather(process.wait(), end_all(folder))
    assert left(folder) == {}


async def test_a_second_demo_is_refused_and_ctrl_c_leaves_nothing_running(folder: Path) -> None:
    async with demo(folder) as first:
        await output_has(first, "Ctrl-C stops all of it.")
        async with demo(folder) as second:
            await output_has(second, "A demo centre is already running")
            assert await second.wait() == 1
        assert left(folder)
        os.killpg(first.pid, signal.SIGINT)
        await output_has(first, "Everything is stopped.")
        assert await first.wait() == 0
        await nothing_is_left(folder)


async def test_ctrl_c_while_it_starts_leaves_nothing_running(folder: Path) -> None:
    async with demo(folder) as process:
        await output_has(process, "Starting Asterisk and the service ...")
        os.killpg(process.pid, signal.SIGINT)
        await output_has(process, "Everything is stopped.")
        assert await process.wait() == 0
        await nothing_is_left(folder)


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
async def test_the_demo_is_a_centre_at_work_and_repeated_runs_add_nothing(folder: Path) -> None:
    await killed_amid_its_cases(folder)
    seen = []
    for first in (True, False):
        async with demo(folder) as process:
            screen = await printed_access(process)
            await output_has(process, "return calls are in place")
            async with ApiClient(screen.origin) as api, ApiClient(screen.origin) as agent:
                await api.sign_in("supervisor", screen.passwords["supervisor"])
                seen.append(await figures(api))
                if first:
                    await agent.sign_in("agent", screen.passwords["agent"])
                    await a_return_call_is_made(agent, folder)
                    await the_week_is_recorded(api)
                    await output_has(process, "can be heard", within=300)
                    await past_calls_can_be_heard(api)
                    await the_screen_shows_the_day(screen)
                    await what_each_login_is_pointed_to_is_there(screen)
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
    await nothing_is_left(folder)


async def killed_amid_its_cases(folder: Path) -> None:
    async with demo(folder) as process:
        screen = await printed_access(process)
        async with ApiClient(screen.origin) as api:
            await api.sign_in("supervisor", screen.passwords["supervisor"])

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


async def past_calls_can_be_heard(api: ApiClient) -> None:
    """The newest calls of the week have recordings like today's: sealed, playable, findable by their words."""
    hits = await api.items("/transcripts/search", q=WORDS)
    assert hits
    for hit in hits[:3]:
        recording, call = await api.get(f"/recordings/{hit['recording']}"), await api.get(f"/calls/{hit['call']}")
        assert (recording["call"], recording["agent"]) == (call["id"], call["agent"])
        assert datetime.fromisoformat(recording["began_at"]) == datetime.fromisoformat(call["answered_at"])
        assert hit["recording"] in call["recordings"]
        sound, rate = soundfile.read(io.BytesIO(await api.data(f"/recordings/{hit['recording']}/audio")))
        assert sound.shape[1] == 2
        assert abs(len(sound) / rate - recording["seconds"]) < 0.1
        assert (abs(sound).max(axis=0) > 0.1).all(), "both voices are heard"
        peaks = await api.get(f"/recordings/{hit['recording']}/peaks")
        assert len(peaks["channels"]) == 2
        parts = (await api.get(f"/calls/{hit['call']}/transcript"))["parts"]
        texts = [utterance["text"] for part in parts for utterance in part["version"]["utterances"]]
        assert WORDS in "".join(texts)
    heard = {hit["call"] for hit in hits}
    clauses = {flag["clause"] for flag in await api.items("/flags") if flag["call"] in heard}
    assert clauses.isdisjoint({"R2", "C1", "C2", "C3"}), "sentences of the news show nothing of an agent's manners"


async def what_each_login_is_pointed_to_is_there(screen: DemoAccess) -> None:
    expected = {"manager": "<svg", "leader": "XW-2004", "admin": "case.opened"}
    for login in LOGINS:
        if login.path:
            async with ApiClient(screen.origin) as person:
                await person.sign_in(login.login, screen.passwords[login.login])
                assert expected[login.login] in (await person.data(login.path)).decode(), login


async def the_screen_shows_the_day(screen: DemoAccess) -> None:
    """The wallboard's printed address: its token reads the day's figures, and no customer's file."""
    address, _, token = screen.screen.partition("#token=")
    assert address == f"{screen.origin}/wall"
    async with ApiClient(screen.origin, token) as wall:
        assert (await wall.get("/service-level", today="true"))["answered"] is not None
        with pytest.raises(Refused):
            await wall.get("/customers")
