"""Tests that a call which an agent starts because of a case is attached to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter import clock
from callcenter.calls.control.acts import Acts
from callcenter.calls.control.model import Act
from callcenter.centre.build import join
from callcenter.centre.case_calls import CaseCalls
from callcenter.complaints.errors import UnknownCase
from callcenter.facts import CaseNumber
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.intents import Intents
from tests.support.rooms import BOSS, person
from tests.web.test_edits import CALL, Centre
from tests.web.test_edits import centre as opened_centre

centre = opened_centre


async def nothing(_: str) -> None:
    """The call itself is no matter here."""


async def test_W3_a_call_because_of_a_case_is_attached_to_it_once(
    centre: Centre, sqlite_database: Database, tmp_path: Path
) -> None:
    number = (await centre.send("/cases", {"what_happened": "漏气", "severity": "normal"}))["number"]
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    acts = Acts(sqlite_database, clock.now, Intents(sqlite_database, clock.now), joined.web_services.audit)
    complaints = joined.contributions.complaints
    calls = CaseCalls(acts, complaints.cases, complaints.attachments)
    await calls.check(CaseNumber(number), BOSS)
    with pytest.raises(UnknownCase):
        await calls.check(CaseNumber("C-2026-99999"), BOSS)
    await calls.calls_recorded([CALL])
    assert list(await complaints.attachments.of(CaseNumber(number))) == []
    facts = {"case": number, "line": "orders"}
    await acts.perform(Act.ORIGINATE, lambda _: CALL.id, person("1001"), nothing, facts=facts)
    for _ in range(2):
        await calls.calls_recorded([CALL])
    attached = await complaints.attachments.of(CaseNumber(number))
    assert [(row.kind, row.ref) for row in attached] == [("call", CALL.id)]
