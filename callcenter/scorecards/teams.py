"""Manages teams and their leaders; graders may be excluded from their own team, and figures are given by team."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from callcenter.scorecards.people import ScorePeople
from callcenter.scorecards.rows import ScoreTeamRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person


class AgentInTwoTeams(Conflict):
    code = "agent_in_two_teams"


class UnknownTeam(NotFound):
    code = "no_such_score_team"


class ScoreTeams:
    def __init__(self, database: Database, audit: Audit, people: ScorePeople) -> None:
        self._database = database
        self._audit = audit
        self._people = people

    async def teams(self) -> Sequence[ScoreTeamRow]:
        async with self._database.read() as session:
            return (await session.scalars(select(ScoreTeamRow).order_by(ScoreTeamRow.code))).all()

    async def team(self, code: str) -> ScoreTeamRow:
        """Raises UnknownTeam."""
        async with self._database.read() as session:
            row = await session.get(ScoreTeamRow, code)
        if row is None:
            raise UnknownTeam("there is no such team", team=code[:40])
        return row

    async def put(
        self,
        code: str,
        name: str,
        agents: Sequence[str],
        leaders: Sequence[str],
        by: Person | None,
        check: Callable[[ScoreTeamRow], None] | None = None,
    ) -> ScoreTeamRow:
        """Creates or replaces a team; a score counts for one team.

        Raises UnknownAgent, UnknownPerson for a leader, AgentInTwoTeams, and what `check` raises for an existing team.
        """
        async with self._database.read() as session:
            before = await session.get(ScoreTeamRow, code)
        agents = await self._people.agents(agents, before.agents if before else ())
        leaders = await self._people.logins(leaders, before.leaders if before else ())
        async with self._database.write() as session:
            others = await session.scalars(select(ScoreTeamRow).where(ScoreTeamRow.code != code))
            for other in others:
                twice = set(other.agents) & set(agents)
                if twice:
                    raise AgentInTwoTeams("an agent can be in only one team", agent=min(twice), team=other.code)
            row = await session.get(ScoreTeamRow, code, with_for_update=True)
            if row is None:
                row = ScoreTeamRow(code=code, name=name, agents=[], leaders=[])
                session.add(row)
            elif check is not None:
                check(row)
            row.name, row.agents, row.leaders = name, sorted(agents), sorted(leaders)
            await session.flush()
            await self._audit.append(session, by, "score_team.put", f"score_team/{code}", facts={"agents": row.agents})
        return row


async def team_of(session: AsyncSession, agent: str) -> str | None:
    """Returns the code of the agent's present team; a score keeps the code of the day it was started."""
    teams = await session.scalars(select(ScoreTeamRow).order_by(ScoreTeamRow.code))
    return next((team.code for team in teams if agent in team.agents), None)
