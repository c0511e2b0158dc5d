"""The parts of the script and its evaluations, made and told of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcenter.agents.service import AgentService
from callcenter.callbacks.outreach.service import Lists
from callcenter.callbacks.script_calls import ItemScripts
from callcenter.followup.evaluations import http as evaluation_http
from callcenter.followup.evaluations.papers import EvaluationPapers
from callcenter.followup.evaluations.service import EvaluationService
from callcenter.followup.scripts import http as script_http
from callcenter.followup.scripts.service import EVALUATION_GIVEN, ScriptService
from callcenter.paper.service import FormService
from callcenter.storage.database import Database
from callcenter.storage.jobs import Work
from callcenter.web.audit import SYSTEM
from callcenter.web.routes import Routes


@dataclass(frozen=True)
class ScriptRoom:
    scripts: ScriptService
    evaluations: EvaluationService
    papers: EvaluationPapers
    lists: Lists

    async def given(self, payload: Mapping[str, Any]) -> None:
        """The job of a new evaluation: who wants no more follow-up calls gets none, and the form is archived."""
        found = await self.evaluations.evaluation(payload["evaluation"])
        if found.opt_out and found.phone:
            await self.lists.bar(found.phone, "survey", f"said so in the return call {found.item}", SYSTEM)
        await self.papers.archive(payload)

    @property
    def works(self) -> dict[str, Work]:
        return {EVALUATION_GIVEN: self.given}


def open_scripts(
    database: Database,
    scripts: ScriptService,
    calls: ItemScripts,
    lists: Lists,
    forms: FormService,
    agents: AgentService,
) -> tuple[ScriptRoom, list[Routes]]:
    """Make the parts; nothing runs yet."""
    evaluations = EvaluationService(database)
    papers = EvaluationPapers(database, evaluations, forms, agents)
    room = ScriptRoom(scripts, evaluations, papers, lists)
    return room, [script_http.routes(scripts.versions, calls), evaluation_http.routes(evaluations, papers, forms)]
