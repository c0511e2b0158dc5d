"""A case's papers: the tracking form (K1) and the handling form (K2), shown, printed and archived.

`CaseForm` turns a case into a form; the rest does not know what a case is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, Final

from callcenter.forms.model import Form, FormKind
from callcenter.forms.rows import ArchivedFormRow
from callcenter.forms.runs import PrintRuns
from callcenter.forms.service import FormService
from callcenter.web.roles import Person

CASE_ARCHIVED: Final = "case_archived"
"""The job that archives a case's forms: {case, occasion, language}; `occasion` is new each time a case is archived."""


class CasePaper(StrEnum):
    TRACKING = FormKind.TRACKING.value
    HANDLING = FormKind.HANDLING.value


CaseForm = Callable[[str, CasePaper, str, Person | None], Awaitable[Form]]
"""(number, paper, language, by): the form of a case as a person may see it, None the house. Raises NotFound."""


class CasePapers:
    def __init__(self, forms: FormService, runs: PrintRuns, form: CaseForm) -> None:
        self._forms = forms
        self.form = form
        for paper in CasePaper:
            runs.sources[f"case/{paper}"] = partial(self._of_subject, paper)

    async def _of_subject(self, paper: CasePaper, subject: str, language: str, by: Person | None) -> Sequence[Form]:
        return [await self.form(subject, paper, language, by)]

    async def archive(self, payload: Mapping[str, Any]) -> None:
        """The job `case_archived`: both forms as PDF, pinned by checksum; twice is once."""
        number, occasion = str(payload["case"]), str(payload["occasion"])
        for paper in CasePaper:
            form = await self.form(number, paper, str(payload.get("language") or "zh-CN"), None)
            await self._forms.archive(form, f"case:{number}", None, once=f"case:{number}:{occasion}:{paper}")

    async def archived(self, number: str) -> Sequence[ArchivedFormRow]:
        """What was archived of a case, the newest first."""
        return await self._forms.archived(f"case:{number}")
