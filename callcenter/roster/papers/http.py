"""Printed forms of the roster over HTTP (D1, D4, H3)."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from callcenter.paper.http import printed_answer
from callcenter.paper.service import FormService
from callcenter.paper.shapes import Paper
from callcenter.roster.papers.service import RosterPapers
from callcenter.web.routes import ANYONE, Ask, Routes


class RosterFormQuery(BaseModel):
    """The language in which a form of the roster is printed."""

    model_config = ConfigDict(extra="forbid")

    language: Literal["zh-CN", "en"] = "zh-CN"


def routes(papers: RosterPapers, forms: FormService) -> Routes:
    routes = Routes("forms")

    @routes.get("/leaves/{id}/form.{paper}", roles=ANYONE)
    async def print_leave(ask: Ask, id: str, paper: Paper, query: RosterFormQuery) -> web.StreamResponse:
        """Print the request for leave (D4) as html, pdf or docx; agents print their own."""
        return await printed_answer(forms, await papers.leave(id, query.language, ask.require()), paper)

    @routes.get("/handovers/{id}/form.{paper}", roles=ANYONE)
    async def print_handover(ask: Ask, id: str, paper: Paper, query: RosterFormQuery) -> web.StreamResponse:
        """Print the handover log (H3) as html, pdf or docx."""
        return await printed_answer(forms, await papers.handover(id, query.language, ask.require()), paper)

    @routes.get("/roster/plans/{id}/form.{paper}", roles=ANYONE)
    async def print_roster_plan(ask: Ask, id: str, paper: Paper, query: RosterFormQuery) -> web.StreamResponse:
        """Print a plan (D1) as html, pdf or docx, A4 in landscape."""
        return await printed_answer(forms, await papers.roster(id, query.language, ask.require()), paper)

    return routes
