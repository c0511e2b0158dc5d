"""A case's papers over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from callcenter.complaints.papers.service import CasePaper, CasePapers
from callcenter.facts import CaseNumber
from callcenter.paper.http import printed_answer
from callcenter.paper.runs import PrintRuns
from callcenter.paper.service import FormService
from callcenter.paper.shapes import FormQuery, Paper, PrintRun
from callcenter.web.routes import ANYONE, Ask, Routes


class PrintCases(BaseModel):
    """The cases to print into one PDF."""

    model_config = ConfigDict(extra="forbid")

    numbers: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(max_length=5000)
    paper: CasePaper = CasePaper.TRACKING
    language: Literal["zh-CN", "en"] = "zh-CN"


def routes(papers: CasePapers, forms: FormService, runs: PrintRuns) -> Routes:
    routes = Routes("forms")

    @routes.get("/cases/{number}/forms/{case_paper}.{paper}", roles=ANYONE)
    async def print_case(
        ask: Ask, number: CaseNumber, case_paper: CasePaper, paper: Paper, query: FormQuery
    ) -> web.StreamResponse:
        """Print the tracking form (K1) or the handling form (K2) of a case as html, pdf or docx."""
        form = await papers.form(number, case_paper, query.language, ask.require())
        return await printed_answer(forms, form, paper)

    @routes.post("/cases/print", roles=ANYONE, status=202)
    async def print_cases(ask: Ask, body: PrintCases) -> PrintRun:
        """Print many cases into one file; its progress is at /prints/{id}."""
        run = await runs.ask(f"case/{body.paper}", body.numbers, body.language, ask.require())
        return PrintRun.of(run)

    return routes
