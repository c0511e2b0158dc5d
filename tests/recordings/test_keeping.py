"""Tests moving recordings from the spool to the vault: once, whole, and never with the only copy at risk."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from callcenter.facts import CallId
from recordings.errors import VaultAway
from recordings.model import Kind, Party
from recordings.stores import FolderStore
from tests.recordings.conftest import CALLER, NUMBER, Bench
from tests.recordings.sounds import samples, share_of, write_wav


class Killed(BaseException):
    """The process dies here: none of our code runs any more."""


class Fault(FolderStore):
    """A store that fails like a full disk, a lost network or a kill -9, before or after the real operation."""

    def __init__(self, folder: Path, before: Callable[[], Any] = int, after: Callable[[], Any] = int) -> None:
        super().__init__(folder)
        self._before, self._after = before, after

    def put(self, id: str, file: Path) -> None:
        self._before()
        super().put(id, file)
        self._after()


def raising(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def sounds_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.wav"))


async def heard(bench: Bench, id: str) -> None:
    """Assert that the recording is playable: both voices whole, on their channels, with the row's checksum."""
    await bench.recordings.verify(id)
    for party, own in ((Party.CALLER, 440), (Party.AGENT, 1000)):
        async with await bench.recordings.pcm(id, party.value) as path:
            sound = samples(path)
        assert len(sound) / 8000 == pytest.approx(2.0, abs=0.05)
        assert share_of(own, sound) > 0.9


async def test_an_ended_calls_recording_is_stored_linked_and_published(both: Bench) -> None:
    take, record = both.take(), both.ended()
    assert await both.keeping.scan() == 1
    (result,) = await both.recordings.of_call(CallId(CALLER))
    assert (result.call, result.agent, result.line, result.kind) == (CALLER, "1001", "orders", Kind.INBOUND)
    assert result.seconds == pytest.approx(2.0, abs=0.01)
    assert result.began_at >= record.arrived_at
    assert await both.jobs_put() == [
        {"recording": result.id, "call": CALLER, "sha256": result.sha256, "seconds": result.seconds}
    ]
    assert sounds_in(both.spool.folder) == []
    assert result.id == take.id("pbx1")
    await heard(both, result.id)


async def test_a_living_calls_recording_is_left_alone_however_long_it_is_quiet(bench: Bench) -> None:
    bench.take()
    bench.living()
    bench.ahead *= 60
    assert await bench.keeping.scan() == 0
    assert len(sounds_in(bench.spool.folder)) == 2


async def test_an_orphan_of_an_unknown_call_is_stored_after_its_time(bench: Bench) -> None:
    take = bench.take()
    assert await bench.keeping.scan() == 0
    bench.ahead *= 6 * 60 * 13
    assert await bench.keeping.scan() == 1
    await heard(bench, take.id("pbx1"))


async def test_an_operator_adopts_orphans_at_once(bench: Bench) -> None:
    bench.take()
    assert await bench.keeping.scan(all_quiet=True) == 1


async def test_a_message_left_is_kept_with_the_callers_voice_alone(bench: Bench) -> None:
    """R4: the message reaches a person."""
    take = bench.take(kind=Kind.MESSAGE)
    bench.ended()
    assert await bench.keeping.scan() == 1
    recording = await bench.recordings.recording(take.id("pbx1"))
    assert (recording.kind, recording.problem) == (Kind.MESSAGE, "")


async def test_a_caller_who_never_reached_an_agent_leaves_no_recording(bench: Bench) -> None:
    take = bench.take()
    for party in Party:
        write_wav(bench.spool.folder / take.file(party), b"")
    bench.ended()
    assert await bench.keeping.scan() == 1
    assert await bench.recordings.of_call(CallId(CALLER)) == []
    assert sounds_in(bench.spool.folder) == []


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "x.wav",
        "a~b~1795448180~in~orders~caller.wav; rm -rf",
        "李~b~1795448180~in~o~caller.wav",
        "~",
    ],
)
async def test_a_name_that_is_no_takes_is_left_alone_and_counted(bench: Bench, name: str) -> None:
    bench.spool.folder.mkdir()
    strange = bench.spool.folder / name.replace("/", "_")
    strange.write_bytes(b"x" * 1000)
    assert await bench.keeping.scan(all_quiet=True) == 0
    assert strange.read_bytes() == b"x" * 1000
    assert bench.keeping.state.strangers == 1


def kills(bench: Bench) -> Iterator[tuple[str, Callable[[pytest.MonkeyPatch], None]]]:
    """Every point between two steps of keeping, as something that dies there."""
    folder = bench.folder / "vault"
    yield (
        "before the vault has it",
        lambda patch: setattr(bench.vault, "_store", Fault(folder, before=raising(Killed()))),
    )
    yield "in the vault, no row", lambda patch: setattr(bench.vault, "_store", Fault(folder, after=raising(Killed())))
    yield "read back, no row", lambda patch: patch.setattr(bench.keeping, "_note", raising_async)
    yield (
        "row, spool not cleared",
        lambda patch: patch.setattr(bench.spool, "remove", lambda lying: raising(Killed())()),
    )
    yield (
        "half of the spool cleared",
        lambda patch: patch.setattr(
            bench.spool, "remove", lambda lying: (lying.files[Party.CALLER].unlink(), raising(Killed())())
        ),
    )


async def raising_async(*arguments: object) -> None:
    raise Killed


@pytest.mark.parametrize("point", range(5))
async def test_killed_at_any_step_no_sound_is_lost_and_the_call_has_one_recording(
    bench: Bench, point: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = bench.take()
    bench.ended()
    name, arrange = list(kills(bench))[point]
    with monkeypatch.context() as patch:
        arrange(patch)
        with pytest.raises(Killed):
            await bench.keeping.scan()
    bench.open()
    assert await bench.keeping.scan() == 1, name
    assert [entry.id for entry in await bench.recordings.of_call(CallId(CALLER))] == [take.id("pbx1")]
    assert len(await bench.jobs_put()) == 1
    assert sounds_in(bench.spool.folder) == []
    assert list(bench.store.ids()) == [take.id("pbx1")]
    assert list((bench.folder / "staging").iterdir()) == []
    await heard(bench, take.id("pbx1"))


async def test_half_made_files_of_a_killed_process_are_cleared(bench: Bench) -> None:
    (bench.folder / "staging").mkdir()
    (bench.folder / "staging" / "cc-keep-left.flac").write_bytes(b"half a recording")
    await bench.keeping.scan()
    assert list((bench.folder / "staging").iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "word"),
    [(OSError(errno.ENOSPC, "no space left"), "OSError 28"), (VaultAway("the store is away"), "vault_away")],
)
async def test_a_full_disk_is_an_alarm_and_the_sound_waits_in_the_spool(
    bench: Bench, fault: Exception, word: str
) -> None:
    bench.take()
    bench.ended()
    bench.vault._store = Fault(bench.folder / "vault", before=raising(fault))
    assert await bench.keeping.scan() == 0
    assert await bench.keeping.scan() == 0
    assert len(sounds_in(bench.spool.folder)) == 2
    assert (bench.keeping.state.problem, bench.keeping.state.waiting) == (word, 1)
    # Reported once, and retried after a while, not with each scan.
    assert [data["alarm"] for _, data in bench.published if data["alarm"] is not None] == [word]
    assert bench.keeping.state.failed == 1
    bench.vault._store = bench.store
    bench.ahead *= 10
    assert await bench.keeping.scan() == 1
    assert [data["alarm"] for _, data in bench.published if data["alarm"] is not None] == [word, ""]


async def test_a_file_that_still_grows_is_not_taken_for_finished(bench: Bench) -> None:
    take = bench.take()
    bench.ended()
    path = bench.spool.folder / take.file(Party.CALLER)

    def grow() -> None:
        with path.open("ab") as file:
            file.write(bytes(1600))

    bench.vault._store = Fault(bench.folder / "vault", after=grow)
    assert await bench.keeping.scan() == 0
    assert await bench.recordings.of_call(CallId(CALLER)) == []
    assert len(sounds_in(bench.spool.folder)) == 2


async def test_two_keepers_do_not_keep_the_same_take(bench: Bench) -> None:
    bench.take()
    bench.ended()
    with bench.spool.alone() as alone:
        assert alone
        assert await bench.keeping.scan() == 0
    assert await bench.keeping.scan() == 1


async def test_a_number_is_kept_as_customers_files_have_it(bench: Bench) -> None:
    await bench.keep_recording()
    report = await bench.retention.erase_numbers([NUMBER], "asked to be forgotten", None)
    assert len(report.erased) == 1
