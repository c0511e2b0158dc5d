"""Builds and wires the scripts and their evaluations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from callcenter.agents.service import AgentService
from callcenter.followup.conversations.service import EVALUATION_GIVEN, Conversations
from callcenter.followup.evaluations import http as evaluation_http
from callcenter.followup.evaluations.papers import EvaluationPapers
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.followup.scripts import http as script_http
from callcenter.paper.service import FormService
from callcenter.storage.database import Database
from callcenter.storage.jobs import Work
from callcenter.web.routes import Routes

OptOut = Callable[[str, str], Awaitable[object]]
"""Bars a telephone number from surveys: the number, and the return call in which the customer asked for it."""


@dataclass(frozen=True)
class ScriptRoom:
    scripts: Conversations
    evaluations: EvaluationService
    papers: EvaluationPapers
    opt_out: OptOut

    async def given(self, payload: Mapping[str, Any]) -> None:
        """Job of a new evaluation: bars a customer who wants no more follow-up calls, and archives the printed form."""
        evaluation = await self.evaluations.evaluation(payload["evaluation"])
        if evaluation.opt_out and evaluation.phone:
            await self.opt_out(evaluation.phone, evaluation.item)
        await self.papers.archive(payload)

    @property
    def works(self) -> dict[str, Work]:
        return {EVALUATION_GIVEN: self.given}


def open_scripts(
    database: Database,
    scripts: Conversations,
    opt_out: OptOut,
    forms: FormService,
    agents: AgentService,
) -> tuple[ScriptRoom, list[Routes]]:
    """Make the parts; nothing runs yet."""
    evaluations = EvaluationService(database)
    papers = EvaluationPapers(database, evaluations, forms, agents)
    room = ScriptRoom(scripts, evaluations, papers, opt_out)
    return room, [script_http.routes(scripts.versions), evaluation_http.routes(evaluations, papers, forms)]
