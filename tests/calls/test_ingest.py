"""Tests reading the PBX's files: cut anywhere, killed anywhere, rotated, read twice; the records stay the same."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from callcenter.calls.effects import LegWitnessed
from callcenter.calls.ingest import Ingest
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Outcome
from callcenter.calls.record import build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rows import CallRow, CelEventRow, FileCursorRow, QueueEventRow
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallFilter, CallService
from callcenter.facts import CallId, Uniqueid, linkedid_of
from callcenter.flags.queries import FlagFilter, FlagQueries
from callcenter.flags.service import FlagService
from callcenter.storage.database import Database
from tests.calls.histories import NOON
from tests.calls.test_endings import talk
from tests.calls.test_record import CEL, sources

DATA = Path(__file__).parent / "data"
RULES = RingRules(3, cadence_of("cn"))
NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
ANSWERED = "pbx1-1795459877.2"
ENDED = max(row.at for row in CEL if row.linkedid == ANSWERED)


class Killed(Exception):
    """The process died here."""


class Unlucky:
    """A clock that now and then kills its reader in the middle of a transaction."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def __call__(self) -> datetime:
        if self.chance.random() < 0.3:
            raise Killed
        return NOW


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    (tmp_path / "log" / "cel-custom").mkdir(parents=True)
    return tmp_path / "log"


def reader(database: Database, log_dir: Path) -> Ingest:
    return Ingest(database, "pbx1", log_dir, RuleBook(RULES), lambda: NOW)


def service(database: Database) -> CallService:
    return CallService(database, "pbx1", RuleBook(RULES))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def write_whole(log_dir: Path) -> None:
    append(log_dir / "cel-custom/cel.jsonl", (DATA / "cel.jsonl").read_bytes())
    append(log_dir / "queue_log", (DATA / "queue_log").read_bytes())


async def records(database: Database) -> list[CallRecord]:
    return await service(database).find(CallFilter(), 500)


async def test_every_call_leaves_exactly_one_final_record(database: Database, log_dir: Path) -> None:
    write_whole(log_dir)
    await reader(database, log_dir).catch_up()
    result = await records(database)
    assert [call.outcome for call in reversed(result)] == [Outcome.ANSWERED] * 4 + [Outcome.ABANDONED] * 2 + [
        Outcome.CLOSED
    ]
    assert len({call.linkedid for call in result}) == 7


@pytest.mark.parametrize("seed", range(6))
async def test_killed_and_cut_anywhere_the_records_are_those_of_an_uninterrupted_run(
    database: Database, log_dir: Path, seed: int
) -> None:
    chance = random.Random(seed)
    files = {name: (DATA / Path(name).name).read_bytes() for name in ("cel-custom/cel.jsonl", "queue_log")}
    while any(files.values()):
        for name, left in files.items():
            cut = chance.randrange(1, 12_000)
            append(log_dir / name, left[:cut])
            files[name] = left[cut:]
        if chance.random() < 0.3:
            (log_dir / "queue_log").rename(log_dir / f"queue_log.{chance.randrange(10**9)}")
        ingest = Ingest(database, "pbx1", log_dir, RuleBook(RULES), Unlucky(chance))
        for tail in ingest._tails.values():
            tail.batch_bytes = chance.randrange(700, 5000)
        try:
            await ingest.catch_up()
        except Killed:
            continue
    await reader(database, log_dir).catch_up()
    result = await records(database)
    conditions = {linkedid: build(sources(linkedid), RULES) for linkedid in {row.linkedid for row in CEL}}
    assert {call.linkedid: call for call in result} == {
        name: entry.record for name, entry in conditions.items() if entry
    }
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CelEventRow)) == len(CEL)
        assert await session.scalar(select(func.count()).select_from(CallRow).where(CallRow.final)) == len(conditions)


async def test_damaged_lines_are_counted_and_lose_nothing_else(database: Database, log_dir: Path) -> None:
    append(log_dir / "cel-custom/cel.jsonl", b"{half\n\x00\xff\n")
    append(log_dir / "queue_log", b"what is this\n")
    write_whole(log_dir)
    ingest = reader(database, log_dir)
    await ingest.catch_up()
    assert ingest.damaged == {"queue_log": 1, "cel": 2}
    assert len(await records(database)) == 7


async def test_a_cut_line_glued_to_the_next_costs_only_itself_and_is_kept_aside(
    database: Database, log_dir: Path
) -> None:
    cel, queue = ((DATA / name).read_bytes().splitlines() for name in ("cel.jsonl", "queue_log"))
    append(log_dir / "cel-custom/cel.jsonl", b"\n".join([cel[0], cel[1][:200] + cel[2], *cel[3:], b""]))
    append(log_dir / "queue_log", b"\n".join([queue[0][:30] + queue[1], *queue[2:], b""]))
    ingest = reader(database, log_dir)
    await ingest.catch_up()
    assert ingest.damaged == {"queue_log": 1, "cel": 1}
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CelEventRow)) == len(cel) - 1
        assert await session.scalar(select(func.count()).select_from(QueueEventRow)) == len(queue) - 1
    damaged = await service(database).damaged_lines(10)
    assert sorted((row.source, row.position, row.text) for row in damaged) == [
        ("cel", len(cel[0]) + 1, cel[1][:200].decode()),
        ("queue_log", 0, queue[0][:30].decode()),
    ]
    record = await service(database).get(CallId(ANSWERED))
    assert (record.agent, record.hung_up_by) == ("1001", HungUpBy.CALLER)
    await reader(database, log_dir).catch_up()
    assert len(await service(database).damaged_lines(10)) == 2


async def refuse_lines(database: Database, table: str, word: str) -> None:
    """The database itself refuses a row whose line holds the word."""
    if database.is_sqlite:
        check = (
            f"CREATE TRIGGER poison_{table} BEFORE INSERT ON {table} WHEN NEW.line LIKE '%{word}%' "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    else:
        check = f"ALTER TABLE {table} ADD CONSTRAINT poison CHECK (line NOT LIKE '%{word}%')"
    async with database.write() as session:
        await session.execute(text(check))


async def test_a_line_that_the_database_refuses_is_quarantined_and_all_others_are_stored(
    database: Database, log_dir: Path
) -> None:
    cel, queue = ((DATA / name).read_bytes().splitlines(keepends=True) for name in ("cel.jsonl", "queue_log"))
    bad = [number for number, line in enumerate(cel) if b'"APP_START"' in line and b"Li Ming" in line][:2]
    for number in bad:
        cel[number] = cel[number].replace(b'"name":"Li Ming"', b'"name":"Poison"')
    poison = b"1795459879|poison|sales|NONE|ENTERQUEUE||Poison|1\n"
    for table in ("cel_event", "queue_event"):
        await refuse_lines(database, table, "Poison")
    append(log_dir / "cel-custom/cel.jsonl", b"".join(cel))
    append(log_dir / "queue_log", b"".join([*queue[:2], poison, *queue[2:]]))
    ingest = reader(database, log_dir)
    await ingest.catch_up()
    assert ingest.damaged == {"queue_log": 1, "cel": len(bad)}
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CelEventRow)) == len(cel) - len(bad)
        assert await session.scalar(select(func.count()).select_from(QueueEventRow)) == len(queue)
        cursors = {row.source: (row.position, row.damaged) for row in await session.scalars(select(FileCursorRow))}
    ends = {"cel": sum(map(len, cel)), "queue_log": sum(map(len, queue)) + len(poison)}
    assert cursors == {"cel": (ends["cel"], len(bad)), "queue_log": (ends["queue_log"], 1)}
    damaged = await service(database).damaged_lines(10)
    assert sorted((row.source, row.position, row.text) for row in damaged) == [
        *(("cel", sum(map(len, cel[:number])), cel[number].decode().rstrip("\n")) for number in bad),
        ("queue_log", sum(map(len, queue[:2])), poison.decode().rstrip("\n")),
    ]
    assert len([call for call in await records(database) if call.ended_at is not None]) == 7
    assert await ingest.catch_up() == 0
    await reader(database, log_dir).catch_up()
    assert len(await service(database).damaged_lines(10)) == 1 + len(bad)


async def test_a_refused_row_of_several_lines_is_put_aside_whole_and_a_row_beside_it_stays_whole(
    database: Database, log_dir: Path
) -> None:
    cel = (DATA / "cel.jsonl").read_bytes().splitlines(keepends=True)
    parted = cel[0].replace(b'"num":"13800138000"', b'"num":"138\r\n00138000"')
    poison = parted.replace(b'"name":"Li Ming"', b'"name":"Poison"')
    await refuse_lines(database, "cel_event", "Poison")
    append(log_dir / "cel-custom/cel.jsonl", b"".join([parted, poison, parted, cel[1]]))
    ingest = reader(database, log_dir)
    await ingest.catch_up()
    assert ingest.damaged == {"queue_log": 0, "cel": 2}
    async with database.read() as session:
        places = list(await session.scalars(select(CelEventRow.position).order_by(CelEventRow.position)))
    assert places == [0, len(parted) + len(poison), 2 * len(parted) + len(poison)]


async def test_a_line_with_a_zero_byte_blocks_no_other(database: Database, log_dir: Path) -> None:
    cel = (DATA / "cel.jsonl").read_bytes().splitlines(keepends=True)
    append(log_dir / "cel-custom/cel.jsonl", cel[0].replace(b"Li Ming", b"Li\x00Ming") + b"".join(cel[1:]))
    ingest = reader(database, log_dir)
    await ingest.catch_up()
    async with database.read() as session:
        stored = await session.scalar(select(func.count()).select_from(CelEventRow))
    assert stored == len(cel) - ingest.damaged["cel"]
    assert ingest.damaged["cel"] <= 1


async def test_a_schema_that_is_wrong_puts_nothing_aside(database: Database, log_dir: Path) -> None:
    write_whole(log_dir)
    async with database.write() as session:
        await session.execute(text("ALTER TABLE cel_event RENAME TO cel_event_away"))
    ingest = reader(database, log_dir)
    with pytest.raises(DBAPIError):
        await ingest.catch_up()
    async with database.write() as session:
        await session.execute(text("ALTER TABLE cel_event_away RENAME TO cel_event"))
    assert ingest.damaged == {"queue_log": 0, "cel": 0}
    await reader(database, log_dir).catch_up()
    assert len(await records(database)) == 7


async def test_a_row_that_its_number_parts_over_two_batches_is_one_row(database: Database, log_dir: Path) -> None:
    parted = (DATA / "cel.jsonl").read_bytes().replace(b'"num":"13800138000"', b'"num":"138\r\n00138000"')
    append(log_dir / "cel-custom/cel.jsonl", parted)
    append(log_dir / "queue_log", (DATA / "queue_log").read_bytes())
    ingest = reader(database, log_dir)
    for tail in ingest._tails.values():
        tail.batch_bytes = 1500
    await ingest.catch_up()
    assert ingest.damaged == {"queue_log": 0, "cel": 0}
    assert len([call for call in await records(database) if call.ended_at is not None]) == 7


async def test_the_live_record_is_replaced_by_the_files_and_never_overwrites_them(
    database: Database, log_dir: Path
) -> None:
    live = CallRecord("pbx1", linkedid_of(ANSWERED), Direction.INBOUND, "x", None, "1", "", "2", NOW)
    calls = service(database)
    await calls.keep([live])
    assert await calls.get(CallId(ANSWERED)) == live
    write_whole(log_dir)
    await reader(database, log_dir).catch_up()
    await calls.keep([live])
    assert (await calls.get(CallId(ANSWERED))).line == "hotline"


async def test_R1_ringing_seen_by_ami_enters_the_record_early_or_late_and_raises_one_flag(
    database: Database, log_dir: Path
) -> None:
    write_whole(log_dir)
    flags = FlagService(database, RuleBook(RULES), lambda: NOW)
    calls = service(database)
    await reader(database, log_dir).catch_up()
    answered = (await calls.get(CallId(ANSWERED))).answered_at
    assert answered is not None
    leg = f"{ANSWERED[:-1]}3"
    for _ in range(2):
        await calls.keep([], [LegWitnessed(linkedid_of(ANSWERED), Uniqueid(leg), answered - timedelta(seconds=18))])
        await flags.recompute(await calls.final_among([ANSWERED]))
    record = await calls.get(CallId(ANSWERED))
    assert (record.late, record.offers[0].rings) == (True, 4)
    raised = await FlagQueries(database).find(FlagFilter(call=CallId(ANSWERED)))
    assert [flag.id for flag in raised] == [f"R1:{ANSWERED}:{leg}"]


async def test_a_call_that_the_pbx_no_longer_knows_is_closed(database: Database, log_dir: Path) -> None:
    lines = (DATA / "cel.jsonl").read_bytes().splitlines(keepends=True)
    append(log_dir / "cel-custom/cel.jsonl", b"".join(lines[:3]))
    await reader(database, log_dir).catch_up()
    calls = service(database)
    assert await calls.close_gone(frozenset({linkedid_of(ANSWERED)}), NOW) == 0
    assert await calls.close_gone(frozenset(), NOW) == 1
    assert (await calls.get(CallId(ANSWERED))).outcome is Outcome.UNKNOWN


async def test_a_restart_of_asterisk_closes_the_calls_it_took_along(database: Database, log_dir: Path) -> None:
    lines = (DATA / "cel.jsonl").read_bytes().splitlines(keepends=True)
    append(log_dir / "cel-custom/cel.jsonl", b"".join(lines[:3]))
    ingest = reader(database, log_dir)
    await ingest.catch_up()
    append(log_dir / "queue_log", b"1795459990|NONE|NONE|NONE|QUEUESTART|\n")
    await ingest.catch_up()
    assert (await service(database).get(CallId(ANSWERED))).outcome is Outcome.UNKNOWN


async def test_raw_lines_go_after_their_time_and_records_stay(database: Database, log_dir: Path) -> None:
    write_whole(log_dir)
    await reader(database, log_dir).catch_up()
    await service(database).forget_raw(datetime(2027, 1, 1, tzinfo=UTC), 30)
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CelEventRow)) == 0
    assert len(await records(database)) == 7


async def test_a_call_that_only_ami_saw_is_closed_and_completed_by_files_that_come_late(
    database: Database, log_dir: Path
) -> None:
    live, _ = talk("caller").played()
    calls = service(database)
    await calls.keep([live.record], (), {live.record.linkedid})
    assert (await calls.final_among([live.record.id])) == []
    assert await calls.close_gone(frozenset(), NOON + timedelta(minutes=1)) == 1
    (closed,) = await calls.final_among([live.record.id])
    assert (closed.outcome, closed.hung_up_by) == (Outcome.ANSWERED, HungUpBy.CALLER)
    assert await calls.close_gone(frozenset(), NOON + timedelta(minutes=2)) == 0


async def test_a_call_without_an_end_in_cel_is_closed_as_ami_saw_it(database: Database, log_dir: Path) -> None:
    lines = (DATA / "cel.jsonl").read_bytes().splitlines(keepends=True)
    own = [
        line for line in lines if ANSWERED.encode() in line and b"LINKEDID_END" not in line and b"HANGUP" not in line
    ]
    append(log_dir / "cel-custom/cel.jsonl", b"".join(own))
    await reader(database, log_dir).catch_up()
    calls = service(database)
    seen = replace(
        await calls.get(CallId(ANSWERED)), ended_at=ENDED, outcome=Outcome.ANSWERED, hung_up_by=HungUpBy.AGENT
    )
    await calls.keep([seen], (), {ANSWERED})
    assert await calls.close_gone(frozenset({linkedid_of(ANSWERED)}), NOW) == 0
    assert await calls.close_gone(frozenset(), NOW) == 1
    record = await calls.get(CallId(ANSWERED))
    assert (record.outcome, record.hung_up_by, record.ended_at) == (Outcome.ANSWERED, HungUpBy.AGENT, ENDED)
    assert record.talk_seconds is not None
    assert record.talk_seconds > 3


@pytest.mark.parametrize("order", ["ami first", "files first"])
async def test_R7_a_shutdown_reported_later_changes_who_ended_the_call(
    database: Database, log_dir: Path, order: str
) -> None:
    lines = (DATA / "cel.jsonl").read_bytes().splitlines(keepends=True)
    unattributed = [re.sub(rb'hangupsource\\":\\"[^"]*\\"', rb'hangupsource\\":\\"\\"', line) for line in lines]
    append(log_dir / "cel-custom/cel.jsonl", b"".join(unattributed))
    append(log_dir / "queue_log", (DATA / "queue_log").read_bytes())
    calls, ingest = service(database), reader(database, log_dir)
    if order == "ami first":
        await calls.pbx_seen(ENDED + timedelta(seconds=1), "stopped")
    await ingest.catch_up()
    if order == "files first":
        assert (await calls.get(CallId(ANSWERED))).reason == "cut_off"
        await calls.pbx_seen(ENDED + timedelta(seconds=1), "stopped")
    record = await calls.get(CallId(ANSWERED))
    assert (record.reason, record.hung_up_by) == ("pbx_lost", HungUpBy.SYSTEM)
    await calls.pbx_seen(ENDED + timedelta(seconds=1), "stopped")


async def test_R7_a_shutdown_that_only_the_next_start_shows_is_found_when_it_is_read(
    database: Database, log_dir: Path
) -> None:
    lines = (DATA / "cel.jsonl").read_bytes().splitlines(keepends=True)
    unattributed = [re.sub(rb'hangupsource\\":\\"[^"]*\\"', rb'hangupsource\\":\\"\\"', line) for line in lines]
    append(log_dir / "cel-custom/cel.jsonl", b"".join(line for line in unattributed if ANSWERED.encode() in line))
    own = [line for line in (DATA / "queue_log").read_bytes().splitlines(keepends=True) if ANSWERED.encode() in line]
    append(log_dir / "queue_log", b"".join(own))
    ingest = reader(database, log_dir)
    await ingest.catch_up()
    calls = service(database)
    assert (await calls.get(CallId(ANSWERED))).reason == "cut_off"
    append(log_dir / "queue_log", b"1795460990|NONE|NONE|NONE|QUEUESTART|\n")
    await ingest.catch_up()
    assert (await calls.get(CallId(ANSWERED))).reason == "pbx_lost"
