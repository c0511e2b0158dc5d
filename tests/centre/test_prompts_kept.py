"""Tests that prompts which could not be recorded, as on a full disk, are recorded as soon as it is possible."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callcenter import clock
from callcenter.centre.prompts import keep_recorded, plan_with, record_prompts
from callcenter.centre.reception_flows import recorded_prompts
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from ivr.flows.service import FlowService
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(180)


async def no_codes() -> list[str]:
    return []


async def test_R2_what_could_not_be_recorded_is_tried_again_without_a_publication(
    sqlite_database: Database, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    audit = Audit(sqlite_database, clock.now)
    flows = FlowService(sqlite_database, clock.now, audit, recorded_prompts, no_codes, no_codes)
    sounds = settings.pbx_home / "sounds"
    sounds.parent.mkdir(parents=True)
    # Where the folder should be there is a file: nothing can be written, as on a full disk.
    sounds.write_text("")
    assert not await record_prompts(await plan_with(settings, flows), log_json=False)
    with capture_logs() as logs:
        keeping = asyncio.create_task(keep_recorded(settings, flows, asyncio.Event(), 0.2))
        try:
            await until(lambda: any(entry["event"] == "prompts_not_built" for entry in logs), 60)
            sounds.unlink()
            await until(lambda: any(entry["event"] == "prompts_built" for entry in logs), 120)
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
    assert (sounds / "zh" / "cc" / "greeting.wav").is_file()
