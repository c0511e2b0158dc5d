"""Tests what the health page reads: the PBX out of sight, carriers, disks, backups, dead jobs; and who may read it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.asterisk.events import LinkState
from callcenter.centre.backups_http import backups_in
from callcenter.centre.pbx_status import disk_of, registration_of, trunk_shapes
from callcenter.centre.trunk_watch import TrunkSeen
from callcenter.storage import backup as backups
from callcenter.storage.database import Database
from tests.support.whole_centre import WholeCentre, open_whole_centre

KEY = ("2026", b"k" * 32)


@pytest_asyncio.fixture
async def whole(database: Database, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with open_whole_centre(database, tmp_path, logins=("boss", "supervisor", "lilei")) as opened:
        yield opened


async def test_R7_a_pbx_out_of_sight_is_unknown_and_not_well(whole: WholeCentre) -> None:
    status = await whole.read("supervisor", "/pbx/status")
    assert (status["link"], status["commands"], status["name"]) == ("lost", False, "pbx1")
    unknown = ("version", "started", "calls", "channels", "clock_difference_seconds", "last_event_at")
    assert [status[name] for name in unknown] == [None] * len(unknown)
    disks = {disk["folder"]: disk for disk in status["disks"]}
    assert list(disks) == ["data", "recordings", "spool", "pbx_logs"]
    assert all(0 < disk["free_bytes"] <= disk["total_bytes"] for disk in disks.values())
    assert disks["spool"]["least_bytes"] == whole.centre.settings.recordings.least_free_bytes


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/pbx/status", {"boss", "supervisor"}),
        ("GET", "/backups", {"boss"}),
        ("GET", "/jobs?state=failed", {"boss"}),
        ("POST", "/jobs/x/retry", {"boss"}),
    ],
)
async def test_only_those_who_can_act_on_it_read_it(
    whole: WholeCentre, method: str, path: str, allowed: set[str]
) -> None:
    for login in ("boss", "supervisor", "lilei", ""):
        status, _ = await whole.ask(login, method, path)
        assert (status not in (401, 403)) == (login in allowed), login


def test_R7_a_carrier_that_is_not_asked_or_out_of_sight_is_unknown() -> None:
    seen = (TrunkSeen("a", True, "Registered"), TrunkSeen("b", None, ""), TrunkSeen("c", False, "Rejected"))
    shapes = [(trunk.answers, trunk.registration) for trunk in trunk_shapes(seen, LinkState.LIVE)]
    assert shapes == [(True, "registered"), (None, "none"), (False, "rejected")]
    for state in (LinkState.LOST, LinkState.STALE):
        assert {(trunk.answers, trunk.registration) for trunk in trunk_shapes(seen, state)} == {(None, None)}
    assert registration_of("Unregistered") == registration_of("Stopping") == "unregistered"


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    assert disk_of(tmp_path / "not" / "there") == disk_of(tmp_path)
    assert disk_of(None) == (None, None)


async def test_backups_are_listed_with_their_checksums_newest_first(sqlite_database: Database, tmp_path: Path) -> None:
    url = sqlite_database.url.render_as_string(hide_password=False)
    folder = tmp_path / "backups"
    await backups.backup(url, folder / "callcenter-1.db")
    await backups.backup(url, folder / "callcenter-2.db", KEY)
    for place, name in enumerate(("callcenter-1.db", "callcenter-2.db")):
        os.utime(folder / name, (1_000_000 + place, 1_000_000 + place))
    (folder / "callcenter-3.db.part").write_bytes(b"half")
    (folder / "passwd.db").symlink_to("/etc/passwd")
    (folder / "old.dump").mkdir()
    (folder / "lone.dump").write_bytes(b"")
    os.utime(folder / "lone.dump", (1, 1))
    listed = backups_in(folder)
    assert [(file.name, file.sealed) for file in listed] == [
        ("callcenter-2.db", True),
        ("callcenter-1.db", False),
        ("lone.dump", False),
    ]
    assert [file.sha256 is not None for file in listed] == [True, True, False]
    assert listed[0].size_bytes == (folder / "callcenter-2.db").stat().st_size
    assert backups_in(tmp_path / "nowhere") == []


async def test_a_failed_job_is_a_dead_one(whole: WholeCentre) -> None:
    for state in ("failed", "dead"):
        assert await whole.read("boss", f"/jobs?state={state}") == {"items": [], "next": None}
    assert (await whole.ask("boss", "GET", "/jobs?state=none"))[0] == 422
