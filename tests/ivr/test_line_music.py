"""The music of a line: uploaded by leaders, refused when it is bad, heard by the line's waiting callers."""

from __future__ import annotations

import io
import math
import tracemalloc
from pathlib import Path

import numpy
import pytest
import soundfile

from callcenter.facts import LineCode, QueueCode
from callcenter.routing.model import Line, Queue
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from ivr.prompts.checking import LARGEST_BYTES, checked
from ivr.waiting.http import routes
from ivr.waiting.music import LONGEST_SECONDS, WaitingMusic
from tests.support.rooms import CHIEF, Rooms
from tests.support.web_centre import open_web_centre

PATH = "/api/v1/lines/sales/music"


def melody(seconds: float, loud: float = 0.4, rate: int = 44_100, kind: str = "FLAC") -> bytes:
    at = numpy.arange(round(rate * seconds)) / rate
    out = io.BytesIO()
    soundfile.write(out, loud * numpy.sin(2 * math.pi * 523 * at), rate, format=kind)
    return out.getvalue()


async def test_music_is_uploaded_heard_replaced_and_removed_by_leaders(database: Database, tmp_path: Path) -> None:
    rooms, reloads = Rooms(database), list[str]()
    await rooms.queues.add(Queue(QueueCode("sales")), CHIEF)
    await rooms.lines.add(Line(LineCode("sales"), QueueCode("sales")), CHIEF)

    async def reload() -> None:
        reloads.append("moh")

    music = WaitingMusic(database, rooms.audit, rooms.lines, tmp_path / "music", reload)
    async with open_web_centre(database, routes(music)) as centre:
        boss = await centre.token(Role.SUPERVISOR)
        agent = await centre.token(Role.AGENT, name="agent")
        assert (await centre.client.get(PATH, headers=agent)).status == 404
        assert (await centre.client.put(PATH, data=io.BytesIO(melody(2)), headers=agent)).status == 403
        put = await centre.client.put(PATH, data=io.BytesIO(melody(90)), headers=boss)
        assert put.status == 200, await put.text()
        assert (await put.json())["seconds"] == pytest.approx(90, abs=0.1)
        samples, rate = soundfile.read(tmp_path / "music/sales/music.wav")
        assert rate == 8000
        assert len(samples) / rate == pytest.approx(90, abs=0.5)
        assert (await centre.client.get(PATH, headers=agent)).status == 200
        for bad in (b"", b"no music", melody(2, loud=0.0001), melody(601, rate=8000)):
            refused = await centre.client.put(PATH, data=io.BytesIO(bad), headers=boss)
            assert 400 <= refused.status < 500
        assert len(soundfile.read(tmp_path / "music/sales/music.wav")[0]) == len(samples), "a bad one replaces nothing"
        unknown = await centre.client.put("/api/v1/lines/nowhere/music", data=io.BytesIO(melody(2)), headers=boss)
        assert (unknown.status, (await unknown.json())["code"]) == (404, "unknown_line")
        assert (await centre.client.delete(PATH, headers=agent)).status == 403
        assert (await centre.client.delete(PATH, headers=boss)).status in (200, 204)
        gone = await centre.client.get(PATH, headers=boss)
        assert (gone.status, (await gone.json())["code"]) == (404, "line_without_music")
    assert reloads == ["moh", "moh"]


def test_a_small_file_of_many_channels_costs_no_more_memory_than_its_sound() -> None:
    """Ten minutes of eight channels at 192 kHz are 7 GB as numbers, and may be a file of a megabyte."""
    rate, out = 192_000, io.BytesIO()
    with soundfile.SoundFile(out, "w", rate, 8, "PCM_16", format="FLAC") as file:
        at = numpy.arange(rate) / rate
        second = numpy.repeat((0.4 * numpy.sin(2 * math.pi * 440 * at)).reshape(-1, 1), 8, axis=1)
        file.write(second)
        for _ in range(30):
            file.write(numpy.zeros((rate, 8)))
        file.write(second)
    assert len(out.getvalue()) < LARGEST_BYTES
    tracemalloc.start()
    try:
        samples, heard, _ = checked(out.getvalue(), "music", "sales", LONGEST_SECONDS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert heard == 8000
    assert len(samples) / heard == pytest.approx(32, abs=0.2)
    assert peak < 100 * 2**20, "three copies of two seconds, and the whole at 8 kHz"


def test_music_read_second_by_second_is_the_music() -> None:
    for own in (8000, 11_025, 44_100, 48_000):
        samples, rate, _ = checked(melody(5.5, rate=own), "music", "sales", LONGEST_SECONDS)
        assert rate == 8000
        assert len(samples) / rate == pytest.approx(5.5, abs=0.1)
        spectrum = numpy.abs(numpy.fft.rfft(samples * numpy.hanning(len(samples)))) ** 2
        tone = numpy.abs(numpy.fft.rfftfreq(len(samples), 1 / rate) - 523) < 10
        assert spectrum[~tone].sum() / spectrum.sum() < 1e-4, "no clicks where two seconds meet"
