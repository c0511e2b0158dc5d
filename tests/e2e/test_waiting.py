"""What waiting callers hear of their place and the expected wait, and the keys by which they leave: real calls."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import aiohttp
import numpy
import pytest
import pytest_asyncio
import soundfile

from callcenter.clock import now
from callcenter.demo.api_client import Json
from callcenter.demo.api_client import until as until_state
from callcenter.demo.phones import answers
from callcenter.storage.database import Database
from ivr.prompts.pieces import PAUSE
from ivr.prompts.sentences import default_catalogue
from ivr.session.model import Value
from tests.e2e.centre import COUNTRY, RunningCentre, running_centre
from tests.recordings.sounds import share_of
from tests.support.heard import ALIKE, ending, likeness, recording
from tests.support.media import Sound
from tests.support.past_calls import busy_hour, save
from tests.support.sip import Call, Station, station, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

WAITS, KNOWN, MUSIC, UNSURE = "073188880021", "073188880022", "073188880023", "073188880024"
EVERY = 6
UNEVEN = timedelta(seconds=110)
TUNE_HERTZ = 523.0
CATALOGUE = default_catalogue()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningCentre]:
    settings = {"CC_PBX__WAITING_SOUNDS": '{"tune": "music"}'}
    async with running_centre(tmp_path_factory.mktemp("waiting") / "c", settings) as running:
        for code, did in (("waits", WAITS), ("known", KNOWN), ("tune", MUSIC), ("unsure", UNSURE)):
            await running.api.post("/queues", {"code": code, "strategy": "linear", "announce_seconds": EVERY})
            line = {"code": code, "queue": code, "dids": [did], "cadence_country": COUNTRY}
            await running.api.post("/lines", line)
        database = Database.open(running.centre.settings.database)
        try:
            for ago in (timedelta(days=1), timedelta(days=2)):
                start, pbx = _start_of_hour(now() - ago), running.centre.settings.pbx.name
                await save(database, busy_hour("known", start, pbx=pbx))
                await save(database, busy_hour("unsure", start, pbx=pbx, uneven=UNEVEN))
        finally:
            await database.close()
        yield running


def _start_of_hour(at: datetime) -> datetime:
    return at.replace(minute=6, second=0, microsecond=0)


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(centre: RunningCentre) -> AsyncIterator[Station]:
    settings = centre.centre.settings
    async with station((settings.pbx.sip_host, settings.pbx.sip_port)) as caller:
        yield caller


@contextlib.asynccontextmanager
async def busy_agent(centre: RunningCentre, carrier: Station, line: str, number: str) -> AsyncIterator[Call]:
    """The line's one agent is on a call while the block runs."""
    await centre.staff(line, {"1001": answers(0.2)})
    call = await carrier.call(number, "13922500000")

    async def talking() -> bool:
        listing = await centre.console(f"queue show {line}")
        return any(state in listing for state in ("(In use)", "(Busy)", "(in call)"))

    await until_state(talking, 20, "the agent talks")
    yield call
    call.hang_up()


def words(centre: RunningCentre, prompt: str, values: dict[str, Value] | None = None) -> list[Sound]:
    """The recordings of a prompt."""
    sounds = centre.centre.settings.pbx_home / "sounds"
    names = CATALOGUE.sounds(prompt, values or {}, "zh-CN")
    return [recording(sounds / f"{name}.wav") for name in names if not name.endswith(f"/{PAUSE}")]


async def hears(
    centre: RunningCentre,
    call: Call,
    prompt: str,
    values: dict[str, Value] | None = None,
    *,
    since: float = 0.0,
    within: float = 30.0,
) -> None:
    """Wait until the caller has heard every recording of a prompt to its end."""
    missing = words(centre, prompt, values)

    async def heard() -> bool:
        sound = call.media.sound(since)
        missing[:] = [piece for piece in missing if min(likeness(piece, sound), likeness(ending(piece), sound)) < ALIKE]
        return not missing

    await until_state(heard, within, f"{prompt} {values} is heard", every=0.5)


async def waits_for(centre: RunningCentre, queue: str, callers: int) -> None:
    async def there() -> bool:
        return f"has {callers} calls" in await centre.console(f"queue show {queue}")

    await until_state(there, 20, f"{callers} callers wait in {queue}", every=0.2)


async def returned(centre: RunningCentre, record: Json) -> Json:
    """The return call that came from a call."""
    items: list[Json] = []

    async def there() -> bool:
        items[:] = [i for i in await centre.api.items("/callbacks", limit="200") if i["call"] == record["id"]]
        return bool(items)

    await until_state(there, 30, "the return call", every=0.3)
    return items[0]


async def test_R3_waiting_callers_hear_their_place_and_how_long_it_takes(
    centre: RunningCentre, carrier: Station
) -> None:
    async with busy_agent(centre, carrier, "known", KNOWN):
        first = await carrier.call(KNOWN, "13922500001")
        await waits_for(centre, "known", 1)
        second = await carrier.call(KNOWN, "13922500002")
        await hears(centre, first, "place_next")
        await hears(centre, second, "place", {"ahead": 1})
        # With one agent and calls of three minutes the second in the queue waits six minutes.
        await hears(centre, second, "wait_minutes", {"wait": 6})
        await hears(centre, first, "wait_minutes", {"wait": 3})
        moved = time.time()
        first.hang_up()
        await hears(centre, second, "place_next", since=moved)
        second.hang_up()


async def test_R3_where_waits_differ_a_caller_hears_from_how_many_to_how_many_minutes(
    centre: RunningCentre, carrier: Station
) -> None:
    async with busy_agent(centre, carrier, "unsure", UNSURE):
        first = await carrier.call(UNSURE, "13922500041")
        await waits_for(centre, "unsure", 1)
        second = await carrier.call(UNSURE, "13922500042")
        await hears(centre, second, "place", {"ahead": 1})
        # Four waits in five were between 2.6 and 7.2 minutes.
        await hears(centre, second, "wait_between", {"least": 2, "most": 8})
        assert likeness(words(centre, "wait_few_minutes")[0], second.media.sound()) < ALIKE
        first.hang_up()
        second.hang_up()


async def test_an_unknown_wait_is_a_few_minutes_and_nothing_is_announced_more_often_than_set(
    centre: RunningCentre, carrier: Station
) -> None:
    async with busy_agent(centre, carrier, "waits", WAITS):
        call = await carrier.call(WAITS, "13922500011")
        await hears(centre, call, "wait_few_minutes")
        began = time.time()
        await until(lambda: time.time() > began + 2 * EVERY, 3 * EVERY, "two more announcements")
        sound, piece = call.media.sound(), words(centre, "place_next")[0]
        starts = occurrences(piece, sound)
        assert len(starts) >= 2
        assert all(later - earlier >= EVERY for earlier, later in itertools.pairwise(starts)), starts
        call.hang_up()


def occurrences(piece: Sound, sound: Sound) -> list[float]:
    """The seconds at which a recording begins in what was heard, to half a second.

    A recording that lies across two windows is like both: the window that holds it whole is the one that counts.
    """
    step = 4000
    windows = {
        at: likeness(piece, sound[at : at + len(piece) + step]) for at in range(0, len(sound) - len(piece), step)
    }
    starts = list[int]()
    for at in sorted(windows, key=lambda start: -windows[start]):
        if windows[at] >= ALIKE and all(abs(at - start) > len(piece) + step for start in starts):
            starts.append(at)
    return sorted(start / 8000 for start in starts)


async def test_a_key_leaves_the_queue_for_a_return_call_that_keeps_the_place(
    centre: RunningCentre, carrier: Station
) -> None:
    async with busy_agent(centre, carrier, "waits", WAITS):
        before = await carrier.call(WAITS, "13922500021")
        await before.status(200)
        await waits_for(centre, "waits", 1)
        pressed = time.time()
        before.media.press("1")
        await hears(centre, before, "keep_place", since=pressed)
        await before.gone(within=20)
        # While the announcement plays the key works too.
        within = await carrier.call(WAITS, "13922500022")
        await hears(centre, within, "place_next")
        within.media.press("1")
        await within.gone(within=20)
    records = [await centre.call(f"1392250002{place}", within=20) for place in (1, 2)]
    assert [record["outcome"] for record in records] == ["callback_requested"] * 2
    items = [await returned(centre, record) for record in records]
    # The place is that of their arrival in the queue.
    assert [item["arrived_at"] for item in items] == [record["queued_at"] for record in records]


async def test_R4_a_key_leaves_the_queue_for_a_message(centre: RunningCentre, carrier: Station) -> None:
    async with busy_agent(centre, carrier, "waits", WAITS):
        call = await carrier.call(WAITS, "13922500031")
        await waits_for(centre, "waits", 1)
        pressed = time.time()
        call.media.press("2")
        await hears(centre, call, "message", since=pressed)
        call.media.hum = (440,)
        spoken_from = time.time()
        await until(lambda: time.time() > spoken_from + 3, 10, "three seconds of a message")
        call.hang_up()
        hidden = await carrier.call(WAITS, "anonymous")
        await waits_for(centre, "waits", 1)
        pressed = time.time()
        hidden.media.press("2")
        await hears(centre, hidden, "enter_number", since=pressed)
        hidden.media.press("13974812344#")
        await hears(centre, hidden, "message", since=pressed)
        hidden.media.hum = (440,)
        spoken_from = time.time()
        await until(lambda: time.time() > spoken_from + 3, 10, "three seconds of a message")
        hidden.media.press("#")
        await hears(centre, hidden, "message_done", since=pressed)
        await hidden.gone(within=20)
    record = await centre.call("13922500031", within=20)
    assert record["outcome"] == "message_left"
    assert (await returned(centre, record))["line"] == "waits"
    # R9: no one could answer a message without a number.

    async def called_back() -> bool:
        return any(i["number"].endswith("13974812344") for i in await centre.api.items("/callbacks", limit="200"))

    await until_state(called_back, 30, "a return call to the number that was entered", every=0.3)


@pytest.mark.parametrize("caller", ["anonymous", "12"])
async def test_R9_a_caller_whose_number_reaches_no_one_enters_one_for_a_return_call(
    centre: RunningCentre, carrier: Station, caller: str
) -> None:
    entered = {"anonymous": "13974812355", "12": "13974812356"}[caller]
    async with busy_agent(centre, carrier, "waits", WAITS):
        call = await carrier.call(WAITS, caller)
        await waits_for(centre, "waits", 1)
        pressed = time.time()
        call.media.press("1")
        await hears(centre, call, "enter_number", since=pressed)
        call.media.press(f"{entered}#")
        await hears(centre, call, "number_is", {"number": entered}, since=pressed)
        call.media.press("1")
        await call.gone(within=30)

    async def called_back() -> bool:
        return any(i["number"].endswith(entered) for i in await centre.api.items("/callbacks", limit="200"))

    await until_state(called_back, 30, "a return call to the number that was entered", every=0.3)


async def test_music_that_a_leader_uploads_is_heard_by_the_lines_waiting_callers(
    centre: RunningCentre, carrier: Station
) -> None:
    at = numpy.arange(44_100 * 4) / 44_100
    file = io.BytesIO()
    soundfile.write(file, 0.4 * numpy.sin(2 * math.pi * TUNE_HERTZ * at), 44_100, format="FLAC")
    token = await centre.centre.token("admin")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as client:
        async with client.put(f"{centre.centre.origin}/api/v1/lines/tune/music", data=file.getvalue()) as answer:
            assert answer.status == 200, await answer.text()

    async def known() -> bool:
        return "musicclass" in await centre.console("dialplan show tune@cc-line")

    await until_state(known, 40, "the line plays its own music", every=0.5)
    async with busy_agent(centre, carrier, "tune", MUSIC):
        call = await carrier.call(MUSIC, "13922500091")
        answered = await call.status(200)

        async def heard() -> bool:
            sound = call.media.sound(answered)[-8000:]
            return len(sound) == 8000 and share_of(TUNE_HERTZ, sound) > 0.6

        await until_state(heard, 30, "the uploaded music", every=0.3)
        call.hang_up()
