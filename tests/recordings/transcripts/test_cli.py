"""Tests `callcenter transcripts` as used on the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callcenter.cli.main import app
from callcenter.clock import now
from callcenter.facts import CallId, RecordingId
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.storage.migrate import bring_up_to_date
from callcenter.web.audit import Audit
from callcenter.web.roles import Role
from recordings.transcripts.model import AGENT, TranscriptEvent, Utterance
from recordings.transcripts.service import TranscriptService
from tests.recordings.transcripts.sounds import CALL, base_model
from tests.support.shell import folder_with

pytestmark = pytest.mark.slow


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path))
    return CliRunner()


async def prepare(folder: Path) -> str:
    """Create one finished and one failed transcript; returns the failed one's id."""
    database = Database.open(f"sqlite+aiosqlite:///{folder}/callcenter.db")
    try:
        await bring_up_to_date(database)
        jobs, audit = Jobs(database, now), Audit(database, now)
        service = TranscriptService(database, now, jobs, audit, lambda *_: None)
        done = await service.ask(RecordingId("r1"), CallId(CALL), "zh", 10)
        await service.step(done.id, TranscriptEvent.START)
        await service.finish(done.id, [Utterance(1.5, 2.5, AGENT, "1001", "您好", 0.9)])
        failed = await service.ask(RecordingId("r2"), CallId("c2"), "zh", 10)
        await service.step(failed.id, TranscriptEvent.START, tries=3)
        await service.step(failed.id, TranscriptEvent.FAIL, reason="the server is busy: 503")
        return failed.id
    finally:
        await database.close()


def test_without_a_model_the_status_explains_how_to_install_one(terminal: CliRunner) -> None:
    result = terminal.invoke(app, ["transcripts", "status"])
    assert result.exit_code == 0
    assert "zh: off: no model is installed; run: callcenter transcripts install" in result.output


def test_transcripts_are_listed_by_state_retried_and_read(
    terminal: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path, monkeypatch, {"boss": ("主管", Role.SUPERVISOR)})
    failed = asyncio.run(prepare(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "whisper-base").symlink_to(base_model())
    output = terminal.invoke(app, ["transcripts", "status"]).output
    assert "zh: faster_whisper, whisper-base" in output
    assert "queued 0  running 0  done 1  failed 1  unavailable 0" in output
    assert "failed: the server is busy: 503" in output
    assert "  queued" in terminal.invoke(app, ["transcripts", "retry", failed, "--by", "boss"]).output
    assert terminal.invoke(app, ["transcripts", "retry", "--all", "--by", "boss"]).output == "0 queued\n"
    assert terminal.invoke(app, ["transcripts", "retry", "--by", "boss"]).exit_code == 2
    output = terminal.invoke(app, ["transcripts", "show", CALL]).output
    assert "1.50  1001    您好 (0.90)" in output


def test_an_unknown_model_is_refused(terminal: CliRunner) -> None:
    assert terminal.invoke(app, ["transcripts", "install", "whisper-giant"]).exit_code == 2
