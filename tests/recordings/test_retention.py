"""Tests how recordings end: by age and on request, never while a case holds them; and nothing is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import IllegalTransition
from callcenter.facts import CallId, CaseNumber, RecordingId
from callcenter.web.rows import AuditRow
from recordings.errors import RecordingErased, RecordingHeld
from recordings.keys import drop_keys, make_key
from recordings.model import RecordingState
from recordings.rows import RecordingRow
from tests.recordings.conftest import CALLER, NUMBER, Bench
from tests.support.rooms import CHIEF

OTHER = "pbx1-1795448999.1"


def holding(folder: Path, *needles: bytes) -> list[str]:
    """The files under a folder that contain any of these byte sequences."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(needle in path.read_bytes() for needle in needles)
    ]


async def test_data_derived_from_a_recording_is_erased_with_it_and_held_with_it(both: Bench) -> None:
    id, erased = await both.keep_recording(), list[str]()

    async def erase_beside(_: AsyncSession, recordings: Sequence[str]) -> None:
        erased.extend(recordings)

    both.retention.derived.append(erase_beside)
    async with both.database.read() as session:
        call = (await session.get_one(RecordingRow, id)).call
    await both.retention.hold({"case": "TS1", "call": call})
    await both.retention.erase_numbers([NUMBER], "asked", CHIEF)
    assert erased == []
    await both.retention.release(CaseNumber("TS1"), CHIEF)
    await both.retention.erase_numbers([NUMBER], "asked", CHIEF)
    assert erased == [id]


async def test_erasing_a_person_leaves_nothing_of_their_voice_anywhere(both: Bench) -> None:
    id = await both.keep_recording()
    async with both.database.read() as session:
        row = await session.get_one(RecordingRow, id)
        assert row.wrapped_key is not None
    sealed = both.store.read(id, 0, 10**9)
    open_text = b"".join([piece async for piece in await both.recordings.audio(id)])
    report = await both.retention.erase_numbers(["13900000001"], "asked to be forgotten", CHIEF)
    assert (report.erased, report.held, report.failed) == ((id,), (), ())
    assert holding(both.folder / "vault", sealed[100:164]) == []
    assert holding(both.folder / "staging") == []
    # SQLite's own files are searched too: neither the audio nor its plaintext is in any of them.
    assert holding(both.folder, open_text[200:264], sealed[100:164]) == []
    assert list(both.store.ids()) == []
    gone = await both.recordings.recording(id)
    assert (gone.state, gone.erased_reason) == (RecordingState.ERASED, "asked to be forgotten")
    async with both.database.read() as session:
        row = await session.get_one(RecordingRow, id)
        assert (row.wrapped_key, row.number, row.peaks) == (None, "", None)
    with pytest.raises(RecordingErased):
        await both.recordings.audio(id)
    with pytest.raises(IllegalTransition):
        await both.retention.erase(RecordingId(id), "again", CHIEF)


async def test_a_copy_of_an_erased_file_is_noise_and_a_file_left_by_a_crash_is_swept(bench: Bench) -> None:
    id = await bench.keep_recording()
    copy = bench.folder / "backup"
    copy.write_bytes(bench.store.read(id, 0, 10**9))
    await bench.retention.erase(RecordingId(id), "asked", CHIEF)
    bench.store.put(id, copy)
    with pytest.raises(RecordingErased):
        await bench.recordings.audio(id)
    assert await bench.retention.sweep() == 1
    assert list(bench.store.ids()) == []


async def test_an_erasure_leaves_other_peoples_recordings_whole(bench: Bench) -> None:
    await bench.keep_recording()
    bench.take(OTHER)
    bench.ended(OTHER, "13900000002")
    await bench.keeping.scan()
    await bench.retention.customer_erased({"customer": "c1", "numbers": [NUMBER]})
    await bench.retention.customer_erased({"customer": "c1", "numbers": [NUMBER]})
    assert await bench.recordings.of_call(CallId(CALLER)) == []
    (left,) = await bench.recordings.of_call(CallId(OTHER))
    await bench.recordings.verify(left.id)
    assert await bench.retention.sweep() == 0


async def test_K7_a_case_holds_its_calls_recording_against_age_and_erasure(both: Bench) -> None:
    id = await both.keep_recording()
    await both.retention.hold({"case": "TS20261124-0001", "call": CALLER})
    await both.retention.hold({"case": "TS20261124-0001", "call": CALLER})
    both.ahead += timedelta(days=both.days + 1)
    assert (await both.retention.expire()).erased == ()
    with pytest.raises(RecordingHeld):
        await both.retention.erase(RecordingId(id), "asked", CHIEF)
    assert (await both.retention.erase_numbers([NUMBER], "asked", CHIEF)).held == (id,)
    assert [hold.case for hold in await both.retention.holds_of(CallId(CALLER))] == ["TS20261124-0001"]
    await both.recordings.verify(id)
    assert await both.retention.release(CaseNumber("TS20261124-0001"), CHIEF) == 1
    assert (await both.retention.expire()).erased == (id,)


async def test_a_hold_with_an_end_ends(bench: Bench) -> None:
    id = await bench.keep_recording()
    until = (bench.clock() + timedelta(days=400)).isoformat()
    await bench.retention.hold({"case": "TS20261124-0001", "call": CALLER, "until": until})
    bench.ahead += timedelta(days=399)
    assert (await bench.retention.expire()).erased == ()
    bench.ahead += timedelta(days=2)
    assert (await bench.retention.expire()).erased == (id,)


async def test_a_recording_is_kept_as_long_as_its_line_requires(bench: Bench) -> None:
    bench.days = 30
    id = await bench.keep_recording()
    bench.ahead += timedelta(days=29)
    assert (await bench.retention.expire()).erased == ()
    bench.ahead += timedelta(days=2)
    assert (await bench.retention.expire()).erased == (id,)


async def test_new_master_keys_take_over_and_the_old_one_can_go(both: Bench) -> None:
    id = await both.keep_recording()
    old = both.vault.keys.current
    make_key(both.folder / "keys", both.clock() + timedelta(days=1))
    both.open()
    await both.recordings.verify(id)
    assert await both.retention.rewrap() == 1
    assert await both.retention.rewrap() == 0
    drop_keys(both.folder / "keys", [old])
    both.open()
    await both.recordings.verify(id)


async def test_every_erasure_and_every_refusal_is_in_the_audit(bench: Bench) -> None:
    id = await bench.keep_recording()
    await bench.retention.hold({"case": "TS1", "call": CALLER})
    await bench.retention.erase_numbers([NUMBER], "asked", CHIEF)
    await bench.retention.release(CaseNumber("TS1"), CHIEF)
    await bench.retention.erase_numbers([NUMBER], "asked", CHIEF)
    async with bench.database.read() as session:
        entries = [(row.action, row.subject) for row in await session.scalars(select(AuditRow).order_by(AuditRow.seq))]
    assert entries == [
        ("recording.erasure_refused", f"recording/{id}"),
        ("recording.released", "case/TS1"),
        ("recording.erased", f"recording/{id}"),
    ]


async def test_of_two_reports_about_a_hold_the_later_one_counts_whichever_arrives_first(bench: Bench) -> None:
    id = await bench.keep_recording()
    past = (bench.clock() - timedelta(days=1)).isoformat()
    over = {"case": "TS1", "call": CALLER, "until": past, "serial": 5}
    again = {"case": "TS1", "call": CALLER, "serial": 7}
    for payload in (again, over):
        await bench.retention.hold(payload)
    with pytest.raises(RecordingHeld):
        await bench.retention.erase(RecordingId(id), "asked", CHIEF)
    await bench.retention.hold({**over, "serial": 9})
    await bench.retention.erase(RecordingId(id), "asked", CHIEF)
