"""Errors of the team's records."""

from __future__ import annotations

from callcenter.errors import Conflict, NotFound


class UnknownTeamRecord(NotFound):
    code = "unknown_team_record"


class UnknownTeamAction(NotFound):
    code = "unknown_team_action"


class TeamActionDone(Conflict):
    code = "team_action_done"
