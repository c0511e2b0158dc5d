"""Joins the team's records to the agents and the printed forms."""

from __future__ import annotations

from functools import partial

from callcenter.centre.adapters import names_of_agents
from callcenter.centre.contributions import Contributions
from callcenter.paper.room import FormsRoom
from callcenter.supervision.team.http import paper_routes, routes
from callcenter.supervision.team.papers import TeamPapers
from callcenter.supervision.team.service import TeamRecords


def join_team(contributions: Contributions, forms: FormsRoom) -> None:
    core = contributions.core
    records = TeamRecords(core.database, core.clock, core.web_services.audit, core.agents.agent)
    papers = TeamPapers(records, forms.service, partial(names_of_agents, core.agents))
    contributions.routes += [routes(records), paper_routes(papers, forms.service)]
