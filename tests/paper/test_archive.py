"""Tests forms as archived and printed in bulk, on both databases."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import pytest_asyncio

from callcenter.errors import NotFound
from callcenter.facts import AgentNumber
from callcenter.paper.errors import PrintedFormDamaged
from callcenter.paper.model import Form, FormKind
from callcenter.paper.room import FormsRoom, open_forms
from callcenter.paper.runs import PRINT_RUN
from callcenter.paper.word import starter
from callcenter.settings import Settings
from callcenter.settings.paper import FormSettings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from tests.paper.samples import tracking
from tests.support.rooms import BOSS, SetClock, person
from tests.support.web_centre import WebCentre, open_web_centre

pytestmark = pytest.mark.slow

API = "/api/v1"


@dataclass
class PrintShop:
    database: Database
    room: FormsRoom
    jobs: Jobs
    home: Path

    async def work(self) -> None:
        job = await self.jobs.claim("w", frozenset({PRINT_RUN}))
        assert job is not None
        await self.jobs.do(job, self.room.works[PRINT_RUN])


async def forms_of(subject: str, language: str, by: Person | None) -> Sequence[Form]:
    if "9999" in subject:
        raise NotFound("no such case", case=subject)
    return [tracking(language=language, number=subject)]


@asynccontextmanager
async def open_shop(database: Database, tmp_path: Path) -> AsyncIterator[PrintShop]:
    clock = SetClock()
    jobs = Jobs(database, clock)
    (tmp_path / "templates").mkdir()
    settings = Settings(data_dir=tmp_path, forms=FormSettings(at_once=1, word_templates=tmp_path / "templates"))
    room = open_forms(settings, database, clock, Audit(database, clock), jobs)
    room.runs.sources["case/tracking"] = forms_of
    async with room.press:
        yield PrintShop(database, room, jobs, tmp_path)


@pytest_asyncio.fixture
async def shop(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[PrintShop]:
    async with open_shop(sqlite_database, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture
async def shop_anywhere(database: Database, tmp_path: Path) -> AsyncIterator[PrintShop]:
    """On SQLite and on PostgreSQL."""
    async with open_shop(database, tmp_path) as opened:
        yield opened


async def test_an_archived_form_is_pinned_and_archived_once(shop_anywhere: PrintShop) -> None:
    shop = shop_anywhere
    forms, subject = shop.room.service, "case:TS20261124-0001"
    both = [forms.archive(tracking(), subject, BOSS, once="x") for _ in range(2)]
    first, second = await asyncio.gather(*both)
    assert first.id == second.id
    again = await forms.archive(tracking("新的内容"), subject, BOSS, once="y")
    archive = await forms.archived(subject)
    assert {row.id for row in archive} == {first.id, again.id}
    printed = await forms.read(first.id)
    assert hashlib.sha256(printed.data).hexdigest() == first.sha256
    assert printed.name == "TS20261124-0001-tracking.pdf"


async def test_K7_a_changed_or_lost_file_is_reported_and_never_shown(shop: PrintShop) -> None:
    forms = shop.room.service
    row = await forms.archive(tracking(), "case:1", BOSS, once="x")
    assert await forms.verify() == []
    (path,) = (shop.home / "forms").rglob("*.pdf")
    path.chmod(0o640)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(PrintedFormDamaged):
        await forms.read(row.id)
    path.unlink()
    assert [(entry.id, why) for entry, why in await forms.verify()] == [(row.id, "the archived file is missing")]


async def test_a_word_form_comes_from_the_centres_own_template_or_else_the_standard_one(shop: PrintShop) -> None:
    standard = await shop.room.service.word(tracking())
    assert standard.data[:2] == b"PK"
    (shop.home / "templates" / "tracking.docx").write_bytes(starter(FormKind.TRACKING))
    printed = await shop.room.service.word(tracking())
    assert (printed.name, printed.data[:2]) == ("TS20261124-0001-tracking.docx", b"PK")


async def test_many_cases_are_printed_into_one_file_with_progress(shop_anywhere: PrintShop) -> None:
    shop = shop_anywhere
    numbers = [f"TS20261124-{number:04}" for number in range(1, 4)]
    asked = await shop.room.runs.ask("case/tracking", [*numbers, "TS-9999", numbers[0]], "zh-CN", BOSS)
    assert (asked.state, asked.total, asked.done) == ("queued", 4, 0)
    await shop.work()
    run = await shop.room.runs.run(asked.id)
    assert (run.state, run.done) == ("done", 4)
    assert [entry["subject"] for entry in run.refused] == ["TS-9999"]
    document = pypdfium2.PdfDocument((await shop.room.runs.read(asked.id)).data)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    assert sum("第 1 页" in text for text in texts) == 3
    for number in numbers:
        assert any(number in text for text in texts)


async def test_a_print_that_was_killed_goes_on_where_it_stopped(shop: PrintShop) -> None:
    numbers = [f"TS20261124-{number:04}" for number in range(1, 4)]
    printed: list[str] = []

    async def dies_once(subject: str, language: str, by: Person | None) -> Sequence[Form]:
        printed.append(subject)
        if subject == numbers[1] and printed.count(subject) == 1:
            raise asyncio.CancelledError
        return await forms_of(subject, language, by)

    shop.room.runs.sources["case/tracking"] = dies_once
    asked = await shop.room.runs.ask("case/tracking", numbers, "zh-CN", BOSS)
    with pytest.raises(asyncio.CancelledError):
        await shop.room.runs.work({"run": asked.id})
    assert (await shop.room.runs.run(asked.id)).done == 1
    for _ in range(2):
        await shop.room.runs.work({"run": asked.id})
    assert printed == [numbers[0], numbers[1], numbers[1], numbers[2]]
    assert (await shop.room.runs.run(asked.id)).state == "done"
    assert [*(shop.home / "forms" / "runs").iterdir()] == []


@pytest_asyncio.fixture
async def centre(shop: PrintShop) -> AsyncIterator[WebCentre]:
    async with open_web_centre(shop.database, shop.room.routes) as opened:
        yield opened


async def test_a_print_is_the_askers_own_and_is_fetched_when_it_is_done(shop: PrintShop, centre: WebCentre) -> None:
    async def get(path: str) -> tuple[int, Any]:
        answer = await centre.client.get(API + path)
        return answer.status, await (answer.json() if "json" in answer.content_type else answer.read())

    asker = Person(centre.ids["lilei"], "lilei", "李雷", person("1001").roles, AgentNumber("1001"))
    run = await shop.room.runs.ask("case/tracking", ["TS20261124-0001"], "en", asker)
    await centre.sign_in("lilei")
    assert (await get(f"/prints/{run.id}"))[1]["state"] == "queued"
    status, refusal = await get(f"/prints/{run.id}/file")
    assert (status, refusal["code"]) == (409, "not_printed_yet")
    await shop.work()
    assert (await get(f"/prints/{run.id}/file"))[1][:5] == b"%PDF-"
    await centre.sign_in("hanmei")
    assert (await get(f"/prints/{run.id}"))[0] == 404
    await centre.sign_in("supervisor")
    assert (await get(f"/prints/{run.id}"))[0] == 200


async def test_leaders_read_the_archive(shop: PrintShop, centre: WebCentre) -> None:
    row = await shop.room.service.archive(tracking(), "case:TS20261124-0001", BOSS, once="x")
    await centre.sign_in("supervisor")
    listed = await (await centre.client.get(f"{API}/forms?subject=case:TS20261124-0001")).json()
    assert [entry["sha256"] for entry in listed["items"]] == [row.sha256]
    answer = await centre.client.get(f"{API}/forms/{row.id}")
    assert (answer.status, answer.headers["X-SHA256"]) == (200, row.sha256)
    assert hashlib.sha256(await answer.read()).hexdigest() == row.sha256
    await centre.sign_in("lilei")
    assert (await centre.client.get(f"{API}/forms/{row.id}")).status == 403
