"""Tests the daily maintenance of the embedded PBX's files: rotation, deletion, masking of old logs."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.install import Tree
from callcenter.asterisk.message_log import masked
from callcenter.calls.ingest import Ingest
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.centre.pbx_files import PbxFiles
from callcenter.settings import RetentionSettings, Settings
from callcenter.storage.database import Database
from tests.support.pbx import PrivatePbx, private_pbx
from tests.support.sip import station
from tests.support.waiting import until

CALLS = Path(__file__).parents[1] / "calls/data"
NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
DAYS = RetentionSettings(raw_event_days=30, pbx_log_days=14)
CALLED = b"15512345678"
STARS = b"*" * len(CALLED)


def ingest_of(database: Database, logs: Path) -> Ingest:
    return Ingest(database, "pbx1", logs, RuleBook(RingRules(3, cadence_of("cn"))), lambda: NOW)


def aged(path: Path, days: float) -> Path:
    seconds = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (seconds, seconds))
    return path


def below(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "log/cel-custom").mkdir(parents=True)
    return tmp_path / "log"


def files(logs: Path, ingest: Ingest) -> PbxFiles:
    return PbxFiles(Embedded(logs.parent, Tree(Settings().pbx_root)), ingest, DAYS)


async def test_rotated_files_of_calls_go_when_they_are_stored_and_older_than_the_rows(
    database: Database, logs: Path
) -> None:
    queue, cel = (CALLS / "queue_log").read_bytes(), (CALLS / "cel.jsonl").read_bytes()
    for name in ("queue_log", "queue_log.0", "queue_log.1"):
        (logs / name).write_bytes(queue)
    (logs / "cel-custom/cel.jsonl.20261001T000000").write_bytes(cel)
    (logs / "cel-custom/cel.jsonl").write_bytes(cel)
    unrelated = logs / "queue_log_of_a_person"
    unrelated.write_bytes(queue)
    ingest = ingest_of(database, logs)
    await ingest.catch_up()
    for path in (*below(logs, "queue_log*"), *below(logs, "cel-custom/*")):
        aged(path, 31)
    aged(logs / "queue_log.1", 29)

    await files(logs, ingest).once(NOW)
    assert {path.name for path in below(logs, "queue_log*")} == {"queue_log", "queue_log.1", "queue_log_of_a_person"}
    assert [path.name for path in below(logs, "cel-custom/*")] == ["cel.jsonl"], "the file that is written to stays"


async def test_a_rotated_file_with_an_unread_line_stays_until_it_is_stored(database: Database, logs: Path) -> None:
    queue = (CALLS / "queue_log").read_bytes()
    (logs / "queue_log").write_bytes(b"1795459800|NONE|NONE|NONE|QUEUESTART|\n")
    old, never = logs / "queue_log.1", logs / "queue_log.2"
    old.write_bytes(queue)
    ingest = ingest_of(database, logs)
    await ingest.catch_up()
    with old.open("ab") as file:
        file.write(b"1795459900|pbx1-1795459877.9|sales|NONE|ABANDON|1|1|20\n")
    never.write_bytes(b"1795459700|NONE|NONE|NONE|CONFIGRELOAD|\n")
    unfinished = logs / "queue_log.3"
    unfinished.write_bytes(b"1795459600|NONE|NONE|NONE|CONFIGRELOAD|\n1795459601|NONE|NO")
    for path in (old, never, unfinished):
        aged(path, 100)
    await files(logs, ingest).once(NOW)
    assert old.exists()
    assert never.exists()

    await ingest.catch_up()
    await files(logs, ingest).once(NOW)
    assert not old.exists()
    assert not never.exists()
    assert unfinished.exists(), "the end of a cut line may be all that there is of a call"


async def test_logs_of_an_earlier_version_are_masked_and_closed_ones_go_after_their_days(
    database: Database, logs: Path
) -> None:
    line = b"[Nov 27 02:00:00] NOTICE[77]: res_pjsip_session.c: Call to extension '15512345678' rejected\n"
    expected = line.replace(CALLED, b"*" * 11)
    for name in ("messages.log", "messages.log.0", "messages.log.1", "console.log", "console.log.20261101T000000"):
        (logs / name).write_bytes(line)
    aged(logs / "messages.log.0", 13)
    aged(logs / "messages.log.1", 15)
    aged(logs / "console.log.20261101T000000", 15)
    await files(logs, ingest_of(database, logs)).once(NOW)
    for name in ("messages.log", "messages.log.0", "console.log"):
        assert (logs / name).read_bytes() == expected
    assert (logs / "messages.log.0").stat().st_mtime == (NOW - timedelta(days=13)).timestamp()
    assert not below(logs, "*.1")
    assert not below(logs, "console.log.*")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"Call to extension '15512345678' rejected", b"Call to extension '***********' rejected"),
        (b"'<sip:0731-8888-0001@192.168.100.200:5060>'", b"'<sip:**************@192.168.100.200:5060>'"),
        (b'AccountID="%31%35%35%31%32%33%34%35%36%37%38"', b'AccountID="*********************************"'),
        (b"sip:%2B86155%2D1234%2D5678@h", b"sip:%2B*******************@h"),
        ("号码 １５５１２３４５６７８。".encode(), "号码 ".encode() + b"*" * 33 + "。".encode()),
        (
            b"CallerID Name '\xc0\xaf Li' for number '15512345678' has",
            b"CallerID Name '*****' for number '***********' has",
        ),
        (b'EventTV="2026-11-27T06:39:47.650+0000",Severity', b'EventTV="2026-11-27T06:39:47.650+0000",Severity'),
        (b"[Nov 27 02:00:00] NOTICE[4077] x.c: 1001 at 10.0.0.12:5060", None),
        (b"from 1001 192.168.100.200 refused, 110 and 12315 and 95588", None),
        (b"from 15512345678 192.168.100.200 refused", b"from *********** 192.168.100.200 refused"),
        (b'RemoteAddress="IPV6/UDP/2001:db8::1234:5678/5060",AccountID="1001"', None),
        (
            "'INVITE' from '\"李 梅\" <sip:1001@h>' failed".encode(),
            b"'INVITE' from '********* <sip:1001@h>' failed",
        ),
        (b"channel 1795459877.2 ended, C-0000001f, PJSIP/trunk-00000012", None),
    ],
)
def test_a_number_is_masked_in_every_spelling_and_what_traces_a_line_stays(line: bytes, expected: bytes | None) -> None:
    assert masked(line) == (line if expected is None else expected)
    assert len(masked(line)) == len(line)


@pytest.mark.pbx
async def test_a_real_asterisk_writes_on_after_the_rotation_and_no_file_holds_the_number(
    sqlite_database: Database,
) -> None:
    # A short path: Asterisk's socket has at most 107 characters.
    home = Path("/tmp") / f"ccfiles{os.getpid()}"
    try:
        async with private_pbx(home) as running:
            await _rotated(running, sqlite_database)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _rotated(running: PrivatePbx, database: Database) -> None:
    logs = running.pbx.home / "log"
    ingest = ingest_of(database, logs)
    work = PbxFiles(running.pbx, ingest, DAYS)
    now = datetime.now(UTC)
    await work.once(now)
    assert not below(logs, "messages.log.*"), "the first day is not over"
    await _stranger(running)
    await until(lambda: STARS in _bytes(logs / "messages.log"), 10)

    await work.once(now + timedelta(days=1))
    (closed,) = below(logs, "messages.log.*")
    assert STARS in closed.read_bytes()
    assert len(below(logs, "queue_log.*")) == 1
    await _stranger(running)
    await until(lambda: STARS in _bytes(logs / "messages.log"), 10)
    await until(lambda: b"CONFIGRELOAD" in _bytes(logs / "queue_log"), 10)
    for path in below(logs, "*.log*"):
        assert CALLED not in path.read_bytes()
    await running.console("queue reload all")
    await ingest.catch_up()
    assert ingest.damaged == {"cel": 0, "queue_log": 0}


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


async def _stranger(running: PrivatePbx) -> None:
    """A caller unknown to the PBX whose account is a telephone number."""
    here = (running.site.sip_host, running.site.sip_port)
    async with station(here, CALLED.decode(), "guessed", local="127.0.5.9") as stranger:
        await asyncio.wait_for(stranger.register(), 10)
