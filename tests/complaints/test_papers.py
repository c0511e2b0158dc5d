"""Tests a case's forms over HTTP, printed in bulk, and archived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import pytest_asyncio

from callcenter.complaints.papers.http import routes
from callcenter.complaints.papers.service import CasePaper, CasePapers
from callcenter.errors import NotFound
from callcenter.paper.model import Form
from callcenter.paper.room import FormsRoom, open_forms
from callcenter.paper.runs import PRINT_RUN
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from tests.paper.samples import handling, tracking
from tests.support.rooms import SetClock
from tests.support.web_centre import WebCentre, open_web_centre

pytestmark = pytest.mark.slow

API = "/api/v1"
NUMBER = "TS20261124-0001"


async def form_of(number: str, paper: CasePaper, language: str, by: Person | None) -> Form:
    if not number.startswith("TS"):
        raise NotFound("there is no such case")
    printed_by = "the house" if by is None else by.login
    return tracking(printed_by, language, number) if paper is CasePaper.TRACKING else handling(printed_by, language)


class Paperwork:
    def __init__(self, room: FormsRoom, papers: CasePapers, jobs: Jobs, centre: WebCentre) -> None:
        self.room, self.papers, self.jobs, self.web = room, papers, jobs, centre

    async def get(self, path: str) -> tuple[int, Any]:
        answer = await self.web.client.get(API + path)
        return answer.status, await (answer.json() if "json" in answer.content_type else answer.read())


@pytest_asyncio.fixture
async def work(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Paperwork]:
    clock = SetClock()
    jobs = Jobs(sqlite_database, clock)
    room = open_forms(Settings(data_dir=tmp_path), sqlite_database, clock, Audit(sqlite_database, clock), jobs)
    papers = CasePapers(room.service, room.runs, form_of)
    rooms = (routes(papers, room.service, room.runs), room.routes)
    async with room.press, open_web_centre(sqlite_database, *rooms) as centre:
        yield Paperwork(room, papers, jobs, centre)


async def test_K1_K2_a_case_is_shown_on_screen_and_in_print(work: Paperwork) -> None:
    await work.web.sign_in("lilei")
    status, page = await work.get(f"/cases/{NUMBER}/forms/tracking.html")
    assert (status, "客户投诉及处理跟踪表" in page.decode(), "lilei" in page.decode()) == (200, True, True)
    status, pdf = await work.get(f"/cases/{NUMBER}/forms/handling.pdf?language=en")
    assert (status, len(pypdfium2.PdfDocument(pdf)) >= 1) == (200, True)
    status, word = await work.get(f"/cases/{NUMBER}/forms/tracking.docx")
    assert (status, word[:2]) == (200, b"PK")
    assert (await work.get(f"/cases/{NUMBER}/forms/love-letter.pdf"))[0] == 422
    assert (await work.get("/cases/none/forms/tracking.pdf"))[0] == 404


async def test_many_cases_are_printed_with_the_rights_of_the_asker(work: Paperwork) -> None:
    await work.web.sign_in("lilei")
    body = {"numbers": [NUMBER, "TS20261124-0002", "none"], "paper": "tracking"}
    answer = await work.web.client.post(f"{API}/cases/print", json=body, headers=work.web.proof)
    run = await answer.json()
    assert (answer.status, run["state"], run["total"]) == (202, "queued", 3)
    job = await work.jobs.claim("w", frozenset({PRINT_RUN}))
    assert job is not None
    await work.jobs.do(job, work.room.works[PRINT_RUN])
    _, run = await work.get(f"/prints/{run['id']}")
    assert (run["state"], run["done"], [entry["subject"] for entry in run["refused"]]) == ("done", 3, ["none"])
    _, pdf = await work.get(f"/prints/{run['id']}/file")
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    assert text.count("lilei") >= 2


async def test_nothing_and_too_much_are_refused(work: Paperwork) -> None:
    await work.web.sign_in("lilei")
    for numbers, code in (([], "nothing_to_print"), ([f"TS{number}" for number in range(400)], "too_many_forms")):
        answer = await work.web.client.post(f"{API}/cases/print", json={"numbers": numbers}, headers=work.web.proof)
        assert (answer.status, (await answer.json())["code"]) == (422, code)
    body = {"source": "nothing", "subjects": ["1"]}
    answer = await work.web.client.post(f"{API}/prints", json=body, headers=work.web.proof)
    assert (answer.status, (await answer.json())["code"]) == (422, "unknown_print_source")


async def test_K7_an_archived_case_has_both_forms_pinned_once_for_each_occasion(work: Paperwork) -> None:
    for occasion in ("1", "1", "2"):
        await work.papers.archive({"case": NUMBER, "occasion": occasion})
    archive = await work.room.service.archived(f"case:{NUMBER}")
    assert sorted(row.kind for row in archive) == ["handling", "handling", "tracking", "tracking"]
    assert all(len(row.sha256) == 64 for row in archive)
