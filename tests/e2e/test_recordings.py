"""Tests a recorded call from the ringing line to the audio in the API: the whole centre on a real Asterisk."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import soundfile

from callcenter.demo.api_client import Json, until
from callcenter.demo.callers import Caller, calls
from callcenter.demo.phones import answers
from callcenter.demo.seed import secret
from tests.e2e.centre import AGENTS, SALES, RunningCentre, running_centre
from tests.recordings.floor import AGENT_HERTZ, CALLER_HERTZ, voiced_phones
from tests.recordings.sounds import share_of

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(90)]
HOSTILE = "'; rm -rf / ; `touch x` $(id) ../../"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    folder: Path = tmp_path_factory.mktemp("house")
    async with running_centre(folder) as running:
        secrets = {agent: await secret(running.api, agent) for agent in AGENTS}
        async with voiced_phones(running.centre.network, secrets, folder / "voices") as floor:
            yield RunningCentre(running.centre, running.api, floor)


async def recording_of(centre: RunningCentre, call: str) -> Json:
    rows: list[Json] = []

    async def in_vault() -> bool:
        rows[:] = (await centre.api.get(f"/calls/{call}/recordings"))["items"]
        return bool(rows)

    await until(in_vault, 15.0, "the recording is in the vault", every=0.2)
    assert len(rows) == 1
    return rows[0]


async def sound(centre: RunningCentre, recording: str, conditions: str = "") -> tuple[int, bytes]:
    token = await centre.centre.token("admin")
    headers = {"Authorization": f"Bearer {token}", **({"Range": conditions} if conditions else {})}
    address = f"{centre.centre.origin}/api/v1/recordings/{recording}/audio"
    async with aiohttp.ClientSession(headers=headers) as session, session.get(address) as answer:
        return answer.status, await answer.read()


async def test_a_call_is_recorded_paused_for_a_card_across_a_kill_and_heard_by_channel(centre: RunningCentre) -> None:
    await centre.staff("sales", {"1001": answers(after=1.0)})
    async with calls(centre.centre.network, [Caller("13900000081", SALES, HOSTILE, talks=14)]) as ringing:
        await centre.floor.see("answered", "1001", caller="13900000081")
        (living,) = await centre.calls("13900000081")
        call = living["id"]
        paused = await centre.api.post(f"/calls/{call}/recording/pause", {"seconds": 3})
        assert paused["state"] == "paused"
        await centre.centre.kill()
        await centre.centre.start()

        async def running() -> bool:
            return bool((await centre.api.get(f"/calls/{call}/recording"))["state"] == "running")

        await until(running, 8.0, "the pause has ended by itself", every=0.1)
        assert await ringing.over()
    record = await centre.call("13900000081")
    recording = await recording_of(centre, call)
    assert (await centre.api.get(f"/calls/{call}"))["recordings"] == [recording["id"]]
    assert recording["agent"] == "1001"
    assert abs(recording["seconds"] - record["talk_seconds"]) < 1.0
    talks: list[Json] = []

    async def heard_by_machine() -> bool:
        talks[:] = (await centre.api.get(f"/calls/{call}/talk"))["parts"]
        return bool(talks)

    await until(heard_by_machine, 10.0, "how both sides talked is known", every=0.2)
    assert [part["recording"] for part in talks] == [recording["id"]]
    assert talks[0]["figures"]["seconds"] == pytest.approx(recording["seconds"], abs=0.1)
    assert 0 < talks[0]["figures"]["agent_seconds"] <= recording["seconds"]
    status, whole = await sound(centre, recording["id"])
    assert (status, len(whole)) == (200, recording["size"])
    heard, rate = soundfile.read(io.BytesIO(whole), dtype="int16")
    assert rate == 8000
    for channel, own in ((0, CALLER_HERTZ), (1, AGENT_HERTZ)):
        voice = heard[:, channel]
        assert share_of(own, voice[-8000:]) > 0.9
        # Silence while paused: at least two whole seconds of digital silence.
        quiet = [place for place in range(0, len(voice) - 1600, 1600) if abs(voice[place : place + 1600]).max() == 0]
        assert 10 <= len(quiet) <= 55
    assert await sound(centre, recording["id"], "bytes=1000-1999") == (206, whole[1000:2000])
    assert (await sound(centre, recording["id"], "bytes=99999999-"))[0] == 416
    peaks = (await centre.api.get(f"/recordings/{recording['id']}/peaks"))["channels"]
    assert len(peaks) == 2
    entries = [entry["action"] for entry in await centre.api.items("/audit", subject=f"recording/{recording['id']}")]
    assert entries.count("recording.played") == 2
    assert "cc_recordings_kept_total 1.0" in await centre.api.text("/metrics")


async def test_a_person_is_erased_and_nothing_of_the_call_can_be_heard(centre: RunningCentre) -> None:
    (call,) = await centre.calls("13900000081")
    recording = await recording_of(centre, call["id"])
    wish = {"numbers": ["13900000081"], "reason": "asked to be forgotten"}
    report = await centre.api.post("/recordings/erasures", wish)
    assert report == {"erased": [recording["id"]], "held": [], "failed": []}
    assert (await sound(centre, recording["id"]))[0] == 404
    assert (await centre.api.get(f"/calls/{call['id']}"))["recordings"] == []
    assert not list(centre.centre.folder.rglob("*.rec"))
