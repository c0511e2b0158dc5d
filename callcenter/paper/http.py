"""Forms over HTTP: how a printed file is answered; archived forms; prints of many forms."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from callcenter.paper.errors import UnknownPrintedForm
from callcenter.paper.model import Form, Printed
from callcenter.paper.rows import PrintRunRow
from callcenter.paper.runs import PrintRuns
from callcenter.paper.service import HTML_TYPE, FormService
from callcenter.paper.shapes import ArchivedForm, ArchivedQuery, Paper, PrintBody, PrintRun
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, Routes

# The page is ours, its texts are callers': it may show its own style and nothing else, run nothing, send nothing.
PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; sandbox"


def answered(printed: Printed) -> web.Response:
    """The answer that carries a file; a page is shown in the browser, everything else is offered for saving."""
    page = printed.media_type == HTML_TYPE
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'{"inline" if page else "attachment"}; filename="{printed.name}"',
        **{f"X-{name.upper()}": value for name, value in printed.facts.items()},
    }
    if page:
        headers["Content-Security-Policy"] = PAGE_POLICY
    return web.Response(
        body=printed.data, content_type=printed.media_type, charset="utf-8" if page else None, headers=headers
    )


async def printed_answer(forms: FormService, form: Form, paper: Paper) -> web.Response:
    """Render a form in the requested format. Raises what the press raises."""
    make = {Paper.HTML: forms.html, Paper.PDF: forms.pdf, Paper.DOCX: forms.word}[paper]
    return answered(await make(form))


def routes(forms: FormService, runs: PrintRuns) -> Routes:
    routes = Routes("forms")

    @routes.get("/forms", roles=LEADERS)
    async def list_archived_forms(ask: Ask, query: ArchivedQuery) -> Page[ArchivedForm]:
        """List the archived forms of a subject such as case:TS20261124-0001, newest first."""
        return Page(items=[ArchivedForm.of(row) for row in await forms.archived(query.subject)])

    @routes.get("/forms/{id}", roles=LEADERS)
    async def read_archived_form(ask: Ask, id: str) -> web.StreamResponse:
        """Read an archived form as PDF, verified by its checksum (409 form_damaged)."""
        return answered(await forms.read(id))

    @routes.post("/prints", roles=ANYONE, status=202)
    async def print_many(ask: Ask, body: PrintBody) -> PrintRun:
        """Print many forms into one file; progress is at /prints/{id}. Each form shows what the requester may see."""
        return PrintRun.of(await runs.ask(body.source, body.subjects, body.language, ask.require()))

    @routes.get("/prints/{id}", roles=ANYONE)
    async def read_print(ask: Ask, id: str) -> PrintRun:
        """Read the progress of a print of many forms; your own, leaders see all."""
        return PrintRun.of(await _mine(runs, ask, id))

    @routes.get("/prints/{id}/file", roles=ANYONE)
    async def read_print_file(ask: Ask, id: str) -> web.StreamResponse:
        """Read the finished file (409 not_printed_yet before)."""
        await _mine(runs, ask, id)
        return answered(await runs.read(id))

    return routes


async def _mine(runs: PrintRuns, ask: Ask, id: str) -> PrintRunRow:
    row, person = await runs.run(id), ask.require()
    if row.by_id != person.id and not person.may(LEADERS):
        raise UnknownPrintedForm("there is no such print", print=id[:40])
    return row
