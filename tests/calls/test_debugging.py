"""Tests the recipes of docs/debugging.md: a capture replayed through the floor, a record rebuilt from its lines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from callcenter.calls.rows import CallRow, CelEventRow
from callcenter.cli.calls import app as calls_app
from callcenter.cli.pbx import app as pbx_app
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from callcenter.web.rows import AuditRow
from tests.calls.test_ingest import reader, write_whole
from tests.support.shell import folder_with, run

CAPTURES = Path(__file__).parents[1] / "asterisk/captures"
PEOPLE = {"chief": ("管理员", Role.ADMINISTRATOR)}


@pytest.mark.parametrize("capture", sorted(CAPTURES.glob("*.ami")), ids=lambda path: path.stem)
def test_a_capture_replays_through_the_floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capture: Path) -> None:
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path))
    output = run(pbx_app, "replay", str(capture))
    assert "relevant events" in output
    if "queue_agent" in capture.stem:
        events = [line.split("  ")[1] for line in output.splitlines() if line[:1].isdigit() and "  " in line]
        assert events.index("QueueCallerJoin") < events.index("AgentConnect") < events.index("AgentComplete")
        assert "outcome=answered" in output


def test_a_record_is_built_again_from_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_with(tmp_path, monkeypatch, PEOPLE)
    address = f"sqlite+aiosqlite:///{folder}/callcenter.db"

    async def with_calls() -> str:
        (tmp_path / "log/cel-custom").mkdir(parents=True)
        write_whole(tmp_path / "log")
        database = Database.open(address)
        await reader(database, tmp_path / "log").catch_up()
        async with database.write() as session:
            call = await session.scalar(select(CallRow.id).where(CallRow.outcome == "answered").limit(1))
            assert call is not None
            await session.execute(update(CallRow).where(CallRow.id == call).values(outcome="unknown", agent="9999"))
        await database.close()
        return call

    async def without_lines() -> None:
        database = Database.open(address)
        async with database.write() as session:
            entries = set(await session.scalars(select(AuditRow.action)))
            assert "call.rebuilt" in entries
            await session.execute(delete(CelEventRow))
        await database.close()

    call = asyncio.run(with_calls())
    record = json.loads(run(calls_app, "rebuild", call, "--by", "chief"))
    assert (record["id"], record["outcome"]) == (call, "answered")
    assert record["agent"] != "9999"
    assert "call_not_found" in run(calls_app, "rebuild", "pbx1-0.0", "--by", "chief", fails=True)
    assert "no_such_person" in run(calls_app, "rebuild", call, "--by", "nobody", fails=True)
    asyncio.run(without_lines())
    assert "call_lines_gone" in run(calls_app, "rebuild", call, "--by", "chief", fails=True)
