"""Tests talk figures of real speech recordings: computed, shown, summarised and erased; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.calls.model import CallRecord, Hold
from callcenter.calls.service import UnknownCall
from callcenter.facts import CallId
from callcenter.settings.recordings import TalkSettings
from callcenter.storage.database import Database
from recordings.talk.model import talk_from
from recordings.talk.service import TalkService
from tests.recordings.transcripts.sounds import ANSWERED, CALL, Shelf, answered_call, channel, clip

LONG = len(clip("song")) / 8000
"""Length of the clip in seconds."""


class TalkRoom:
    def __init__(self, database: Database) -> None:
        self.shelf = Shelf()
        self.call: CallRecord | None = answered_call()
        self.service = TalkService(database, TalkSettings(dead_air_seconds=5), self.shelf, self.record)

    async def record(self, call: str) -> CallRecord:
        if self.call is None:
            raise UnknownCall("not here", call=call)
        return self.call

    async def keep(self, recording: str, **channels: bytes) -> None:
        self.shelf.recordings[recording] = dict(channels)
        await self.service.recording_kept({"recording": recording, "call": CALL})


@pytest.fixture
def talk_room(database: Database) -> TalkRoom:
    return TalkRoom(database)


async def test_real_speech_on_two_channels_gives_shares_dead_air_and_interruptions(talk_room: TalkRoom) -> None:
    await talk_room.keep("r1", caller=channel(30, (2.5, "press"), (24, "song")), agent=channel(30, (1, "song")))
    (row,) = await talk_room.service.of_call(CallId(CALL))
    assert (row.state, row.agent, row.line, row.at) == ("done", "1001", "orders", ANSWERED)
    talk = talk_from(row.figures)
    assert talk.first_word is not None
    assert abs(talk.first_word - 1) < 0.8
    assert talk.agent_share is not None
    assert 0.2 < talk.agent_share < 0.6
    (gap,) = [span for span in talk.dead_air if span[0] > 2]
    assert gap[1] == pytest.approx(24, abs=0.8)
    assert [over.by for over in talk.talk_over][:1] == ["caller"]
    assert 1 < talk.talk_over[0].start < 1 + LONG + 0.5


async def test_while_the_caller_is_on_hold_silence_is_no_dead_air(talk_room: TalkRoom) -> None:
    began = ANSWERED + timedelta(seconds=1 + LONG)
    talk_room.call = replace(answered_call(), holds=(Hold(began, ANSWERED + timedelta(seconds=60), "1001"),))
    await talk_room.keep("r1", caller=channel(30), agent=channel(30, (1, "song")))
    (row,) = await talk_room.service.of_call(CallId(CALL))
    assert talk_from(row.figures).dead_air == ()


async def test_figures_that_the_audio_does_not_show_are_unknown_with_a_reason(talk_room: TalkRoom) -> None:
    await talk_room.keep("message", caller=channel(3, (0, "press")))
    (row,) = await talk_room.service.of_call(CallId(CALL))
    assert (row.state, row.figures, row.reason) == ("unknown", {}, "this recording has one voice only")
    await talk_room.service.recording_kept({"recording": "gone", "call": CALL})
    assert len(await talk_room.service.of_call(CallId(CALL))) == 1


async def test_a_recording_is_analysed_once_and_its_figures_are_erased_with_it(
    talk_room: TalkRoom, database: Database
) -> None:
    talk_room.call = None
    await talk_room.keep("r1", caller=channel(5, (1, "song")), agent=channel(5))
    asked = len(talk_room.shelf.given)
    await talk_room.service.recording_kept({"recording": "r1", "call": CALL})
    assert len(talk_room.shelf.given) == asked
    since, until = ANSWERED, ANSWERED + timedelta(hours=1)
    assert (await talk_room.service.summary(since, until)).talks == 1
    assert (await talk_room.service.summary(since, until)).agent_share == 0.0
    assert (await talk_room.service.summary(since, until, agent="1001")).talks == 0
    async with database.write() as session:
        await talk_room.service.erased(session, ["r1"])
    assert await talk_room.service.of_call(CallId(CALL)) == []
