"""Tests a centre's own recordings of prompts: checked, converted, in versions; a bad one replaces nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from aiohttp.test_utils import TestClient, TestServer

from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.site import web_app
from ivr.prompts.build import Workshop
from ivr.prompts.checking import checked
from ivr.prompts.files import BadRecording
from ivr.prompts.http import routes
from ivr.prompts.library import Library
from ivr.prompts.sentences import default_catalogue
from ivr.prompts.service import PromptService
from ivr.prompts.sound import LEVEL_DB, measure
from tests.ivr.tones import file_of, spoken
from tests.support.web_centre import WebCentre, open_web_centre

GREETING = "/prompts/zh-CN/greeting"


GOOD = file_of(spoken())
BAD = {
    "format": b"not a sound",
    "too_short": file_of(np.zeros(44100)[:0]),
    "too_quiet": file_of(spoken(loudness=0.002)),
    "clipped": file_of(np.clip(spoken(loudness=8.0), -1, 1)),
    "too_long": file_of(spoken(61, 8000), 8000),
    "sample_rate": file_of(spoken(rate=4000), 4000),
}


@dataclass
class PromptRoom:
    web: WebCentre
    sounds: Path
    own: Path

    async def ask(self, method: str, path: str, data: bytes | None = None) -> tuple[int, Any]:
        headers = {**self.web.proof, "Content-Type": "application/octet-stream"} if data is not None else self.web.proof
        answer = await self.web.client.request(method, f"/api/v1{path}", data=data, headers=headers)
        if answer.content_type == "audio/wav":
            return answer.status, await answer.read()
        return answer.status, await answer.json() if await answer.text() else None


@pytest_asyncio.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[PromptRoom]:
    async with open_web_centre(database) as early:
        own, sounds = tmp_path / "own", tmp_path / "sounds"
        service = PromptService(
            database, early.time, early.web_services.audit, Library(own), Workshop(sounds, own), default_catalogue
        )
        app = web_app(database, early.time, WebSettings(), early.web_services, early.feed, routes(service))
        async with TestClient(TestServer(app)) as client:
            web = WebCentre(database, early.time, early.web_services, early.feed, client, ids=early.ids)
            await web.sign_in("supervisor")
            yield PromptRoom(web, sounds, own)


async def test_an_uploaded_recording_is_what_callers_hear(room: PromptRoom) -> None:
    status, row = await room.ask("PUT", f"{GREETING}/sound", GOOD)
    assert (status, row["version"], row["in_use"]) == (200, 1, True)
    assert row["uploaded_by_name"]
    for suffix, rate in ((".wav", 8000), (".wav16", 16000)):
        samples, heard = soundfile.read(room.sounds / "zh" / "cc" / f"greeting{suffix}")
        assert heard == rate
        result = measure(samples, rate)
        # The second of silence at each end is gone, and it is as loud as all others.
        assert result.seconds == pytest.approx(2.1, abs=0.1)
        assert result.level_db == pytest.approx(LEVEL_DB, abs=1)
    status, sound = await room.ask("GET", f"{GREETING}/sound")
    assert (status, sound[:4]) == (200, b"RIFF")


@pytest.mark.parametrize("fault", BAD)
async def test_a_bad_recording_is_refused_with_its_fault_and_the_good_one_stays(room: PromptRoom, fault: str) -> None:
    await room.ask("PUT", f"{GREETING}/sound", GOOD)
    before = (room.sounds / "zh" / "cc" / "greeting.wav").read_bytes()
    status, problem = await room.ask("PUT", f"{GREETING}/sound", BAD[fault])
    assert (status, problem["code"], problem["facts"]["fault"]) == (422, "bad_recording", fault)
    assert (room.sounds / "zh" / "cc" / "greeting.wav").read_bytes() == before
    assert [row["version"] for row in (await room.ask("GET", f"{GREETING}/versions"))[1]["items"]] == [1]


async def test_an_earlier_version_comes_back_and_the_shipped_recording_too(room: PromptRoom) -> None:
    await room.ask("PUT", f"{GREETING}/sound", GOOD)
    first = (room.sounds / "zh" / "cc" / "greeting.wav").read_bytes()
    await room.ask("PUT", f"{GREETING}/sound", file_of(spoken(3.0, 16000), 16000, "FLAC"))
    assert (room.sounds / "zh" / "cc" / "greeting.wav").read_bytes() != first
    assert (await room.ask("POST", f"{GREETING}/versions/1/use", b""))[0] == 200
    assert (room.sounds / "zh" / "cc" / "greeting.wav").read_bytes() == first
    rows = (await room.ask("GET", f"{GREETING}/versions"))[1]["items"]
    assert [(row["version"], row["in_use"]) for row in rows] == [(2, False), (1, True)]
    assert (await room.ask("POST", f"{GREETING}/versions/3/use", b""))[0] == 404
    assert (await room.ask("DELETE", f"{GREETING}/sound"))[0] == 204
    assert not (room.own / "zh" / "greeting.wav").exists()
    rows = (await room.ask("GET", f"{GREETING}/versions"))[1]["items"]
    assert [row["in_use"] for row in rows] == [False, False]


@pytest.mark.parametrize("suffix", [".wav", ".wav16"])
async def test_a_recording_that_could_not_be_written_for_asterisk_is_not_said_to_be_in_use(
    room: PromptRoom, suffix: str
) -> None:
    await room.ask("PUT", f"{GREETING}/sound", GOOD)
    folder = room.sounds / "zh" / "cc"
    first = {path.name: path.read_bytes() for path in folder.glob("greeting.*")}
    # A folder where the file is to be written: the write fails, as on a full disk.
    obstacle = folder / f".greeting{suffix}.part"
    obstacle.mkdir()
    other = file_of(spoken(3.0, 16000), 16000, "FLAC")
    assert (await room.ask("PUT", f"{GREETING}/sound", other))[0] >= 500
    rows = (await room.ask("GET", f"{GREETING}/versions"))[1]["items"]
    assert [(row["version"], row["in_use"]) for row in rows] == [(2, False), (1, True)]
    obstacle.rmdir()
    # What comes next writes both files, also the one that had been written.
    assert (await room.ask("POST", f"{GREETING}/versions/1/use", b""))[0] == 200
    assert {path.name: path.read_bytes() for path in folder.glob("greeting.*")} == first


async def test_a_piece_of_a_number_is_replaced_by_its_name(room: PromptRoom) -> None:
    assert (await room.ask("PUT", "/prompts/zh-CN/say.n5/sound", file_of(spoken(0.4))))[0] == 200
    assert (room.sounds / "zh" / "cc" / "say" / "n5.wav").is_file()
    assert (await room.ask("PUT", "/prompts/zh-CN/say.n5/sound", file_of(spoken(9))))[1]["facts"]["fault"] == "too_long"


@pytest.mark.parametrize("name", ["nothing", "..%2Fgreeting", "say.n1234", "..passwd"])
async def test_only_known_prompts_are_replaced(room: PromptRoom, name: str) -> None:
    status, problem = await room.ask("PUT", f"/prompts/zh-CN/{name}/sound", GOOD)
    assert status == 404, problem
    assert not room.own.exists()


async def test_an_agent_listens_but_replaces_nothing(room: PromptRoom) -> None:
    await room.web.sign_in("lilei")
    assert (await room.ask("PUT", f"{GREETING}/sound", GOOD))[0] == 403
    status, page = await room.ask("GET", "/prompts?language=zh-CN&limit=5")
    assert (status, len(page["items"])) == (200, 5)
    assert page["items"][0]["text"]
    status, following = await room.ask("GET", f"/prompts?language=zh-CN&limit=5&cursor={page['next']}")
    assert not {entry["name"] for entry in page["items"]} & {entry["name"] for entry in following["items"]}


@pytest.mark.parametrize(
    ("kind", "subtype", "rate"),
    [
        ("WAV", "PCM_24", 48000),
        ("WAV", "ULAW", 8000),
        ("FLAC", "PCM_16", 16000),
        ("OGG", "OPUS", 48000),
        ("MP3", None, 44100),
    ],
)
def test_the_usual_formats_are_converted(kind: str, subtype: str | None, rate: int) -> None:
    data = file_of(spoken(rate=rate), rate, kind, subtype)
    samples, own_rate, _ = checked(data, "greeting", "zh-CN")
    assert own_rate == rate
    assert measure(samples, own_rate).level_db == pytest.approx(LEVEL_DB, abs=1)


def test_both_channels_are_heard() -> None:
    left = np.column_stack([spoken(), np.zeros(len(spoken()))])
    assert measure(*checked(file_of(left), "greeting", "en")[:2]).level_db == pytest.approx(LEVEL_DB, abs=1)


def test_a_header_that_promises_hours_is_not_believed() -> None:
    data = bytearray(file_of(spoken(0.5, 8000, silence=0.1), 8000))
    data[40:44] = (2**31 - 8).to_bytes(4, "little")
    samples, rate, _ = checked(bytes(data), "greeting", "en")
    assert len(samples) / rate < 1


def test_samples_that_are_no_numbers_are_refused() -> None:
    broken = spoken()
    broken[50_000] = np.nan
    with pytest.raises(BadRecording) as refused:
        checked(file_of(broken, subtype="FLOAT"), "greeting", "en")
    assert refused.value.facts["fault"] == "format"
