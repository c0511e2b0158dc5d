"""Tests a real case on its forms: signatures, evidence, what an agent may see, the archive (K1, K2, K7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest
import pytest_asyncio

from callcenter.agents.service import AgentService
from callcenter.calls.papers.model import form_of
from callcenter.complaints.attachments import EvidenceItem
from callcenter.complaints.papers.service import CaseForms, CasePaper, CasePapers
from callcenter.complaints.service import CASE_ARCHIVED
from callcenter.facts import CaseNumber
from callcenter.paper.model import HandlingForm, Standing, TrackingForm
from callcenter.paper.pages import page_of
from callcenter.paper.room import FormsRoom, open_forms
from callcenter.settings import Settings
from callcenter.storage.database import Database
from tests.complaints.room import CALLER, Room, a_call, open_room
from tests.complaints.steps import SIGNERS, called_back, handed_to, opened, sign, signed, stepped, verified, written

pytestmark = pytest.mark.slow


@dataclass
class Papers:
    room: Room
    paper: FormsRoom
    built: CaseForms
    papers: CasePapers

    async def tracking(self, number: str, login: str = "supervisor") -> TrackingForm:
        form = await self.built.form(CaseNumber(number), CasePaper.TRACKING, "zh-CN", await self.room.person(login))
        assert isinstance(form, TrackingForm)
        return form

    async def sign(self, number: str, place: str) -> None:
        status, answer = await sign(self.room, number, place, SIGNERS[place])
        assert status == 201, answer


@pytest_asyncio.fixture
async def work(database: Database, tmp_path: Path) -> AsyncIterator[Papers]:
    async with open_room(database, tmp_path) as room:
        web_services, near = room.web.web_services, room.complaints
        paper = open_forms(Settings(data_dir=tmp_path), database, room.web.time, web_services.audit, room.jobs)
        agents = AgentService(database, room.web.time, web_services.audit)
        built = CaseForms(
            near.cases, near.queries, near.signatures, near.attachments, near.departments, paper.service, agents.shown
        )
        async with paper.press:
            yield Papers(room, paper, built, CasePapers(paper.service, paper.runs, built.form))


async def test_K1_a_signature_is_printed_and_void_after_an_edit(work: Papers) -> None:
    number = await opened(work.room)
    await handed_to(work.room, number, "hanmei")
    await written(work.room, number, findings="仓库温度过高")
    for place in ("receiver", "handler"):
        await work.sign(number, place)
    form = await work.tracking(number)
    assert (form.account.text, form.account.standing) == ("酱板鸭漏气，退货被拒", Standing.VALID)
    assert (form.findings.text, form.findings.standing) == ("仓库温度过高", Standing.VALID)
    assert [signature.standing for signature in form.signatures] == [
        Standing.VALID,
        Standing.VALID,
        Standing.OPEN,
        Standing.OPEN,
    ]
    await written(work.room, number, findings="其实是运输问题")
    form = await work.tracking(number)
    assert (form.account.standing, form.findings.standing) == (Standing.VALID, Standing.VOID)
    await work.sign(number, "handler")
    form = await work.tracking(number)
    assert [(signature.role, signature.standing) for signature in form.signatures if signature.role == "经手人"] == [
        ("经手人", Standing.VOID),
        ("经手人", Standing.VALID),
    ]
    assert "已失效" in page_of(form)


async def test_K2_the_handling_form_holds_what_was_written(work: Papers) -> None:
    number = await verified(work.room)
    boss = await work.room.person("supervisor")
    form = await work.built.form(number, CasePaper.HANDLING, "en", boss)
    assert isinstance(form, HandlingForm)
    written_down = [investigation.text for investigation in (form.investigation, form.correction, form.verification)]
    assert written_down == ["查了监控", "换冷柜", "已退款到账"]
    assert (form.product, form.remedy) == ("酱板鸭", "退款并道歉")
    assert (form.head.status, form.phone, form.customer) == ("verified", CALLER, "王芳")


async def test_evidence_is_listed_with_its_checksum_and_a_missing_transcript_as_none(work: Papers) -> None:
    call = a_call()
    await work.room.calls.keep([call])
    name = call.id
    work.room.evidence.items[name] = [EvidenceItem("recording", "r1", "a" * 64, call.arrived_at)]
    number = await opened(work.room, call=name)
    kinds = [(proof.kind, proof.sha256) for proof in (await work.tracking(number)).proofs]
    assert ("录音", "a" * 64) in kinds
    assert ("文字记录", "") in kinds
    (matter,) = await work.built.matters(name, "zh-CN")
    form = form_of(call, (await work.tracking(number)).head, phone=CALLER, matters=[matter])
    assert (form.reason, form.cases) == ("酱板鸭漏气，退货被拒", (number,))


async def test_an_agent_who_is_not_on_the_case_prints_a_part_of_the_number(work: Papers) -> None:
    number = await opened(work.room, "lilei")
    assert (await work.tracking(number, "lilei")).phone == CALLER
    assert (await work.tracking(number, "hanmei")).phone == "138****8000"


async def test_K7_an_archived_case_leaves_both_forms_pinned(work: Papers) -> None:
    number = await verified(work.room)
    await signed(work.room, number)
    await work.room.complaints.works["case_called_back"](called_back(number, "confirmed"))
    assert (await stepped(work.room, number, "archive", "supervisor"))[0] == 200
    (payload,) = await work.room.payloads(CASE_ARCHIVED)
    for _ in range(2):
        await work.papers.archive(payload)
    archive = await work.paper.service.archived(f"case:{number}")
    assert sorted(row.kind for row in archive) == ["handling", "tracking"]
    for row in archive:
        printed = await work.paper.service.read(row.id)
        text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(printed.data))
        assert number in text
        assert "已归档" in text
