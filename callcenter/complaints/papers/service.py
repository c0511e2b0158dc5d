"""Shows, prints and archives a case's forms: the tracking form (K1) and the handling form (K2).

`CaseForms` gathers what a form shows; `CasePapers` prints and archives the result of a `CaseForm`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Any

from callcenter.calls.papers.model import CallMatter
from callcenter.complaints.attachments import AttachmentService
from callcenter.complaints.departments.service import DepartmentService
from callcenter.complaints.model import Case
from callcenter.complaints.papers.model import Attached, File, handling_of, matter_of, state_word, tracking_of
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.service import CaseService
from callcenter.complaints.shapes import sees_customer
from callcenter.complaints.signatures.service import SignatureService
from callcenter.errors import NotFound
from callcenter.facts import CallId, CaseNumber
from callcenter.paper.model import Form, FormKind
from callcenter.paper.runs import PrintRuns
from callcenter.paper.service import FormService
from callcenter.web.masking import mask_number
from callcenter.web.roles import Person


class CasePaper(StrEnum):
    TRACKING = FormKind.TRACKING.value
    HANDLING = FormKind.HANDLING.value


CaseForm = Callable[[CaseNumber, CasePaper, str, Person | None], Awaitable[Form]]
"""(number, paper, language, by): the form of a case as a person may see it, None for the system. Raises NotFound."""


AgentName = Callable[[str], Awaitable[str]]
"""An agent's number and name as a form shows them; the number alone for an unknown agent."""


class CaseForms:
    """Builds a case's forms as a person may see them."""

    def __init__(
        self,
        cases: CaseService,
        queries: CaseQueries,
        signatures: SignatureService,
        attachments: AttachmentService,
        departments: DepartmentService,
        forms: FormService,
        agent_name: AgentName,
    ) -> None:
        self._agent_name = agent_name
        self._cases = cases
        self._queries = queries
        self._signatures = signatures
        self._attachments = attachments
        self._departments = departments
        self._forms = forms

    async def form(self, number: CaseNumber, paper: CasePaper, language: str, by: Person | None) -> Form:
        """Raises UnknownCase."""
        case, signatures = await self._signatures.of(number)
        open_to = by is None or sees_customer(case, by)
        status = state_word(case.state, language)
        file = File(
            case=case,
            head=self._forms.head(number, language, by, path=f"/cases/{number}", status=status),
            phone=case.facts.phone if open_to else mask_number(case.facts.phone),
            department=await self._department(case),
            signatures=signatures,
            attached=[
                Attached(row.kind, row.title or row.ref, row.at, row.sha256)
                for row in await self._attachments.of(number)
            ],
        )
        return tracking_of(file) if paper is CasePaper.TRACKING else handling_of(file)

    async def matters(self, call: CallId, language: str) -> Sequence[CallMatter]:
        """Returns what a call was about, by the cases that hold it (W1)."""
        numbers = (await self._queries.of_calls([call])).get(call, [])
        cases = [await self._cases.case(number) for number in numbers]
        return [
            matter_of(
                case,
                await self._department(case),
                language,
                await self._agent_name(case.facts.agent) if case.facts.agent else "",
            )
            for case in cases
        ]

    async def _department(self, case: Case) -> str:
        try:
            return (await self._departments.department(case.facts.department)).name if case.facts.department else ""
        except NotFound:
            return case.facts.department


class CasePapers:
    def __init__(self, forms: FormService, runs: PrintRuns, form: CaseForm) -> None:
        self._forms = forms
        self.form = form
        for paper in CasePaper:
            runs.sources[f"case/{paper}"] = partial(self._of_subject, paper)

    async def _of_subject(self, paper: CasePaper, subject: str, language: str, by: Person | None) -> Sequence[Form]:
        return [await self.form(CaseNumber(subject), paper, language, by)]

    async def archive(self, payload: Mapping[str, Any]) -> None:
        """Job `case_archived`: archives both forms as PDF, pinned by checksum. Idempotent."""
        number, occasion = CaseNumber(payload["case"]), str(payload["occasion"])
        for paper in CasePaper:
            form = await self.form(number, paper, str(payload.get("language") or "zh-CN"), None)
            await self._forms.archive(form, f"case:{number}", None, once=f"case:{number}:{occasion}:{paper}")
