"""Tests transcripts over HTTP: who may read, search, correct and retry; and what each of them sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from callcenter.calls.effects import Flag
from callcenter.facts import CallId
from callcenter.flags.model import FlagEvent
from callcenter.flags.queries import FlagFilter, FlagQueries
from callcenter.settings import Settings
from callcenter.settings.recordings import TranscriptSettings
from callcenter.storage.database import Database
from tests.recordings.transcripts.room import Written, open_room
from tests.recordings.transcripts.server import AsrServer, asr_server
from tests.recordings.transcripts.sounds import CALL, channel
from tests.support.web_centre import WebCentre, open_web_centre, seen

API = "/api/v1"
CORRECTION = {
    "segments": [
        {"start": 0.5, "end": 3, "text": "您好，湘味道家，我是客服小李", "avg_logprob": -0.1},
        {"start": 4, "end": 8, "text": "剁椒鱼头100%好吃_真的", "avg_logprob": -0.2},
    ],
    "words": [
        {"word": "您好", "start": 0.5, "end": 1},
        {"word": "剁椒鱼头", "start": 4, "end": 5.5},
        {"word": "100%", "start": 5.5, "end": 6},
        {"word": "好吃", "start": 6.1, "end": 7},
    ],
}


@pytest_asyncio.fixture
async def asr() -> AsyncIterator[AsrServer]:
    async with asr_server() as server:
        server.answer = CORRECTION
        yield server


@pytest_asyncio.fixture
async def written(database: Database, asr: AsrServer) -> AsyncIterator[Written]:
    settings = Settings(transcripts=TranscriptSettings(engine="openai", server_url=asr.url, server_model="large"))
    async with open_room(database, settings) as room:
        await room.keep("r1", agent=channel(10, (0, "song"), (4, "press")))
        await room.work_once()
        yield room


@pytest_asyncio.fixture
async def centre(written: Written) -> AsyncIterator[WebCentre]:
    async with open_web_centre(written.database, written.room.routes) as opened:
        yield opened


async def get(centre: WebCentre, path: str) -> tuple[int, Any]:
    answer = await centre.client.get(f"{API}{path}")
    return answer.status, await answer.json()


async def test_the_agent_of_the_call_and_leaders_read_it_and_each_reading_is_in_the_audit(
    centre: WebCentre, written: Written
) -> None:
    for login, status in (("lilei", 200), ("hanmei", 403), ("supervisor", 200)):
        await centre.sign_in(login)
        assert (await get(centre, f"/calls/{CALL}/transcript"))[0] == status
    _, call = await get(centre, f"/calls/{CALL}/transcript")
    (part,) = call["parts"]
    first = part["version"]["utterances"][0]
    assert (first["speaker"], first["agent"], first["start"]) == ("agent", "1001", 0.5)
    # The engine heard one character of the company's name wrong.
    assert first["text"] == "您好，湘味到家，我是客服小李"
    assert part["transcript"]["state"] == "done"
    read = await written.rooms.audit.page(10, action="transcript.read")
    assert [row.actor for row in read] == ["supervisor", "supervisor", "lilei"][-len(read) :]
    assert (await centre.client.get(f"{API}/calls/none/transcript")).status == 200


async def test_a_search_finds_the_second_at_which_words_are_spoken(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    for words, second in (("剁椒鱼头", 4.0), ("好吃", 6.1), ("椒", 4.0), ("100%", 5.5)):
        status, page = await get(centre, f"/transcripts/search?q={words.replace('%', '%25')}")
        assert status == 200
        (hit,) = page["items"]
        assert (hit["call"], hit["recording"], hit["second"], hit["agent"]) == (CALL, "r1", second, "1001")
        assert words in hit["snippet"]
    for nothing in ("退货", "%25%25", "1_0", "' OR 1=1 --"):
        assert (await get(centre, f"/transcripts/search?q={nothing}"))[1]["items"] == []
    await centre.sign_in("lilei")
    assert (await get(centre, "/transcripts/search?q=x"))[0] == 403


async def test_pages_of_the_search_meet(centre: WebCentre, written: Written) -> None:
    for number in range(2, 5):
        await written.keep(f"r{number}", agent=channel(6, (0, "song")))
    await written.work_once()
    await centre.sign_in("supervisor")
    seen: list[str] = []
    cursor = ""
    while True:
        _, page = await get(centre, f"/transcripts/search?q=您好&limit=3{cursor}")
        seen += [hit["recording"] for hit in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert sorted(seen) == ["r1", "r2", "r3", "r4"]


async def test_a_correction_is_a_version_and_the_engines_own_stays(centre: WebCentre, written: Written) -> None:
    row = await written.row("r1")
    await centre.sign_in("supervisor")
    utterances = [{"start": 0.5, "end": 3, "speaker": "agent", "agent": "1001", "text": "您好\u202e，<b>湘味</b>到家"}]
    body = {"seen": 1, "utterances": utterances, "reason": "heard it again"}
    address = f"{API}/transcripts/{row.id}"
    assert (await centre.client.put(address, json=body, headers=centre.proof)).status == 428
    tag = await seen(centre.client, address)
    answer = await centre.client.put(address, json=body, headers={**centre.proof, **tag})
    answered = await answer.json()
    assert (answer.status, answered["number"], answered["by"]) == (200, 2, "supervisor")
    assert answered["utterances"][0]["text"] == "您好，<b>湘味</b>到家"
    assert (await centre.client.put(address, json=body, headers={**centre.proof, **tag})).status == 412
    tag = await seen(centre.client, address)
    again = await centre.client.put(address, json=body, headers={**centre.proof, **tag})
    assert (again.status, (await again.json())["code"]) == (409, "transcript_changed")
    _, versions = await get(centre, f"/transcripts/{row.id}/versions")
    assert [version["by"] for version in versions["items"]] == ["engine", "supervisor"]
    assert len(versions["items"][0]["utterances"]) == 2
    assert (await get(centre, "/transcripts/search?q=剁椒鱼头"))[1]["items"] == []
    (audited,) = await written.rooms.audit.page(10, action="transcript.correct")
    assert (audited.actor, audited.subject) == ("supervisor", row.id)


async def test_a_correction_that_makes_no_sense_is_refused(centre: WebCentre, written: Written) -> None:
    row = await written.row("r1")
    path = f"{API}/transcripts/{row.id}"
    await centre.sign_in("supervisor")
    backwards = {"seen": 1, "utterances": [{"start": 5, "end": 3, "speaker": "agent", "text": "x"}]}
    no_such_speaker = {"seen": 1, "utterances": [{"start": 0, "end": 3, "speaker": "god", "text": "x"}]}
    for body in (backwards, no_such_speaker, {}):
        assert (
            await centre.client.put(path, json=body, headers={**centre.proof, **await seen(centre.client, path)})
        ).status == 422
    assert (
        await centre.client.put(f"{API}/transcripts/none", json={"seen": 1, "utterances": []}, headers=centre.proof)
    ).status == 404
    await centre.sign_in("lilei")
    assert (await centre.client.put(path, json={"seen": 1, "utterances": []}, headers=centre.proof)).status == 403


async def test_the_status_lists_transcripts_by_state_and_a_failed_one_is_queued_again(
    centre: WebCentre, written: Written, asr: AsrServer
) -> None:
    asr.status, asr.answer = 503, {}
    await written.keep("r2", agent=channel(4, (1, "song")))
    for _ in range(4):
        await written.work_once("transcribe")
        written.rooms.clock.move(minutes=10)
    await centre.sign_in("supervisor")
    _, status = await get(centre, "/transcripts/status")
    assert status["counts"] == {"queued": 0, "running": 0, "done": 1, "failed": 1, "unavailable": 0}
    assert [(entry["engine"], entry["reason"]) for entry in status["engines"]] == [("openai", None)] * 2
    _, page = await get(centre, "/recordings/r2/transcripts")
    (row,) = page["items"]
    assert (row["state"], row["reason"]) == ("failed", "the server is busy: 503")
    path = f"{API}/transcripts/{row['id']}/retry"
    assert (await (await centre.client.post(path, headers=centre.proof)).json())["state"] == "queued"
    again = await centre.client.post(path, headers=centre.proof)
    assert (again.status, (await again.json())["code"]) == (409, "illegal_transition")


async def test_the_courtesy_check_of_a_call_is_shown_with_its_word_list(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    _, page = await get(centre, f"/calls/{CALL}/courtesy")
    (check,) = page["items"]
    assert check["word_list"].startswith("zh-CN-hunan")
    assert {entry["clause"] for entry in check["findings"]} == {"R2", "C1", "C2", "C3"}
    await centre.sign_in("hanmei")
    assert (await get(centre, f"/calls/{CALL}/courtesy"))[0] == 403


async def test_words_that_flags_quote_go_with_the_recording_and_the_decision_stays(
    centre: WebCentre, written: Written
) -> None:
    row = await written.row("r1")
    hits = [{"second": 4.0, "phrase": "不归我管", "text": "这个不归我管，刘桂兰"}]
    facts: tuple[tuple[str, Any], ...] = (("recording", "r1"), ("hits", hits), ("seconds", [4.0]))
    other: tuple[tuple[str, Any], ...] = (("recording", "r2"), ("hits", hits))
    for name, flag_facts in (("C2:r1", facts), ("C2:r2", other)):
        await written.flags.raise_all([Flag(name, "C2", "2026-11", row.created_at, CallId(CALL), "1001", flag_facts)])
    await written.flags.decide("C2:r1", FlagEvent.CONFIRM, "supervisor", "听过录音")
    async with written.database.write() as session:
        await written.room.erased(session, ["r1"])
    result = {flag.id: flag for flag in await FlagQueries(written.database).find(FlagFilter(clause="C2"))}
    erased, remaining = result["C2:r1"], result["C2:r2"]
    assert erased.facts["hits"] == [{"second": 4.0, "phrase": "不归我管", "text": ""}]
    assert (erased.state, erased.reason, erased.facts["seconds"]) == ("confirmed", "听过录音", [4.0])
    assert remaining.facts["hits"] == hits
