"""Tests recordings over HTTP: byte ranges, who may play and erase, and what is audited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.asterisk.ami_errors import AmiRefused
from callcenter.facts import ChannelSeen
from callcenter.web.roles import Role
from callcenter.web.rows import AuditRow
from recordings.access import Rights
from recordings.capture import CaptureService
from recordings.http import call_routes, routes
from recordings.model import read_range
from tests.recordings.conftest import CALLER, Bench
from tests.support.web_centre import WebCentre, open_web_centre

RIGHTS = Rights(("agent", "supervisor", "manager", "administrator"), ("manager", "administrator"))


@dataclass
class Tape:
    """Asterisk as far as recorders go: what it was asked, in order."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    gone: bool = False

    async def recording_mute(self, channel: str, muted: bool) -> None:
        self._do("mute" if muted else "unmute", channel)

    async def recording_stop(self, channel: str) -> None:
        self._do("stop", channel)

    async def recording_start(self, channel: str, keys: str) -> None:
        self._do("start", channel, keys)

    async def recording_late(self, channel: str) -> str:
        return ""

    async def channels(self) -> list[ChannelSeen]:
        return []

    def _do(self, *words: str) -> None:
        if self.gone:
            raise AmiRefused("No such channel")
        self.asked.append(words)


@dataclass
class Front:
    web: WebCentre
    bench: Bench
    tape: Tape
    capture: CaptureService


def capture_of(bench: Bench, tape: Tape) -> CaptureService:
    pause = timedelta(seconds=60)
    return CaptureService(
        bench.database,
        bench.spool,
        tape,
        "pbx1",
        pause,
        bench.clock,
        bench.audit,
        lambda kind, data, agents=None: bench.published.append((kind, data)),
    )


@pytest_asyncio.fixture
async def front(bench: Bench) -> AsyncIterator[Front]:
    tape = Tape()
    capture = capture_of(bench, tape)
    rooms = (
        routes(bench.recordings, bench.retention, bench.keeping, RIGHTS),
        call_routes(bench.recordings, bench.retention, capture, bench.calls),
    )
    async with open_web_centre(bench.database, *rooms) as centre:
        yield Front(centre, bench, tape, capture)


async def test_any_part_of_the_sound_is_sent_and_the_whole_without_a_range(front: Front) -> None:
    id = await front.bench.keep_recording()
    token = await front.web.token(Role.SUPERVISOR)
    address = f"/api/v1/recordings/{id}/audio"
    whole = await front.web.client.get(address, headers=token)
    body = await whole.read()
    assert (whole.status, whole.content_type, whole.headers["Accept-Ranges"]) == (200, "audio/flac", "bytes")
    assert whole.headers["Cache-Control"] == "private, no-store"
    part = await front.web.client.get(address, headers={**token, "Range": "bytes=100-199"})
    assert (part.status, part.headers["Content-Range"]) == (206, f"bytes 100-199/{len(body)}")
    assert await part.read() == body[100:200]
    tail = await front.web.client.get(address, headers={**token, "Range": "bytes=-50"})
    assert await tail.read() == body[-50:]
    over = await front.web.client.get(address, headers={**token, "Range": f"bytes={len(body)}-"})
    assert (over.status, over.headers["Content-Range"]) == (416, f"bytes */{len(body)}")
    stale = await front.web.client.get(address, headers={**token, "Range": "bytes=0-9", "If-Range": '"other"'})
    assert stale.status == 200
    head = await front.web.client.head(address, headers=token)
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(body)))


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 95)),
        ("bytes=-10", (90, 10)),
        ("bytes=-1000", (0, 100)),
        ("bytes=50-1000", (50, 50)),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("", None),
        ("bytes=-", None),
    ],
)
def test_a_range_is_parsed_by_rfc_9110(header: str, answer: tuple[int, int] | None) -> None:
    assert read_range(header, 100) == answer


async def test_playing_and_exporting_are_rights_of_their_own_and_both_are_in_the_audit(front: Front) -> None:
    id = await front.bench.keep_recording()
    supervisor, manager = await front.web.token(Role.SUPERVISOR), await front.web.token(Role.MANAGER)
    assert (await front.web.client.get(f"/api/v1/recordings/{id}/audio", headers=supervisor)).status == 200
    refused = await front.web.client.get(f"/api/v1/recordings/{id}/export", headers=supervisor)
    assert (refused.status, (await refused.json())["code"]) == (403, "may_not_export")
    taken = await front.web.client.get(f"/api/v1/recordings/{id}/export", headers=manager)
    assert taken.headers["Content-Disposition"] == f'attachment; filename="{id}.flac"'
    async with front.bench.database.read() as session:
        entries = [row.action for row in await session.scalars(select(AuditRow)) if row.subject == f"recording/{id}"]
    assert entries == ["recording.played", "recording.exported"]


async def test_agents_play_only_their_own_calls(front: Front) -> None:
    id = await front.bench.keep_recording()
    await front.web.sign_in("lilei")
    assert (await front.web.client.get(f"/api/v1/recordings/{id}/audio")).status == 200
    assert (await front.web.client.get(f"/api/v1/recordings/{id}/peaks")).status == 200
    await front.web.sign_in("hanmei")
    for path in (f"recordings/{id}", f"recordings/{id}/audio", f"recordings/{id}/peaks", f"calls/{CALLER}/recordings"):
        assert (await front.web.client.get(f"/api/v1/{path}")).status == 403
    wall = await front.web.token(Role.WALLBOARD)
    assert (await front.web.client.get(f"/api/v1/recordings/{id}/audio", headers=wall)).status == 403


async def test_an_erased_recording_answers_that_it_is_gone(front: Front) -> None:
    id = await front.bench.keep_recording()
    manager = await front.web.token(Role.MANAGER)
    done = await front.web.client.post(f"/api/v1/recordings/{id}/erase", json={"reason": "asked"}, headers=manager)
    assert (await done.json())["state"] == "erased"
    gone = await front.web.client.get(f"/api/v1/recordings/{id}/audio", headers=manager)
    assert (gone.status, (await gone.json())["code"]) == (404, "recording_erased")
    assert (await front.web.client.get("/api/v1/recordings/no-such/audio", headers=manager)).status == 404


async def test_an_agent_pauses_for_a_card_number_and_the_recording_resumes_by_itself(front: Front) -> None:
    front.bench.take()
    front.bench.living()
    await front.web.sign_in("lilei")
    address = f"/api/v1/calls/{CALLER}/recording"
    paused = await front.web.client.post(f"{address}/pause", json={"seconds": 30}, headers=front.web.proof)
    body = await paused.json()
    assert (paused.status, body["state"]) == (200, "paused")
    assert body["resume_at"] is not None
    assert front.tape.asked == [("mute", CALLER)]
    kind, data = front.bench.published[-1]
    assert (kind, data["state"], data["call"]) == ("recording", "paused", CALLER)
    await front.capture.tick()
    assert len(front.tape.asked) == 1
    # The service is restarted meanwhile: the deadline is in the database.
    again = capture_of(front.bench, front.tape)
    front.bench.ahead += timedelta(seconds=31)
    await again.tick()
    assert front.tape.asked == [("mute", CALLER), ("unmute", CALLER)]
    assert (await (await front.web.client.get(address)).json())["state"] == "running"


async def test_a_take_that_begins_in_a_pause_is_silent_too_and_a_restart_of_ours_makes_sure_of_it(front: Front) -> None:
    front.bench.take()
    front.bench.living()
    await front.web.sign_in("lilei")
    address = f"/api/v1/calls/{CALLER}/recording"
    await front.web.client.post(f"{address}/pause", json={}, headers=front.web.proof)
    front.bench.take(began=1795448190)
    await front.capture.tick()
    await front.capture.tick()
    assert front.tape.asked == [("mute", CALLER), ("mute", CALLER)]
    await capture_of(front.bench, front.tape).tick()
    assert front.tape.asked == [("mute", CALLER)] * 3


async def test_a_pause_that_asterisk_refuses_is_no_pause(front: Front) -> None:
    front.bench.take()
    front.bench.living()
    front.tape.gone = True
    await front.web.sign_in("lilei")
    address = f"/api/v1/calls/{CALLER}/recording"
    refused = await front.web.client.post(f"{address}/pause", json={}, headers=front.web.proof)
    assert (refused.status, (await refused.json())["code"]) == (409, "not_being_recorded")
    assert (await (await front.web.client.get(address)).json())["state"] == "running"


async def test_a_stopped_recording_is_started_again_and_a_running_one_is_not(front: Front) -> None:
    front.bench.take()
    front.bench.living()
    await front.web.sign_in("lilei")
    address = f"/api/v1/calls/{CALLER}/recording"
    assert (await front.web.client.post(f"{address}/start", headers=front.web.proof)).status == 409
    assert (await front.web.client.post(f"{address}/stop", headers=front.web.proof)).status == 200
    assert (await front.web.client.post(f"{address}/resume", headers=front.web.proof)).status == 409
    assert (await front.web.client.post(f"{address}/start", headers=front.web.proof)).status == 200
    assert front.tape.asked == [("stop", CALLER), ("start", CALLER, "*92")]


async def test_a_colleagues_call_is_not_an_agents_to_pause_and_a_call_without_recording_has_none(front: Front) -> None:
    front.bench.living()
    await front.web.sign_in("hanmei")
    address = f"/api/v1/calls/{CALLER}/recording"
    assert (await front.web.client.post(f"{address}/pause", json={}, headers=front.web.proof)).status == 403
    await front.web.sign_in("lilei")
    none = await front.web.client.post(f"{address}/pause", json={}, headers=front.web.proof)
    assert (none.status, (await none.json())["code"]) == (409, "not_being_recorded")
    assert front.tape.asked == []
