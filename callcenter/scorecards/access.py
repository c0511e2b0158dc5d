"""Checks who may grade a call, who may see a score, and which texts are required. Pure."""

from __future__ import annotations

from callcenter.calls.model import CallRecord, OfferOutcome
from callcenter.scorecards.errors import CallNotGradable, NotOnTheCall, OwnCall, TextMissing
from callcenter.scorecards.model import OPEN_TO_AGENT, ScoreState
from callcenter.scorecards.rows import ScoreRow
from callcenter.web.roles import LEADERS, Person


def required_text(text: str) -> str:
    """Returns the text without surrounding blanks. Raises TextMissing."""
    bare = text.replace("\0", "").strip()
    if not bare:
        raise TextMissing("a reason is required")
    return bare


def agents_of(call: CallRecord) -> list[str]:
    """Returns every agent who talked to the caller: the one who answered and the one who took the call over."""
    answered = [offer.agent for offer in call.offers if offer.outcome is OfferOutcome.ANSWERED and offer.agent]
    talked = sorted(call.agents)
    return list(dict.fromkeys([*([call.agent] if call.agent else []), *answered, *talked]))


def graded_agent(call: CallRecord, agent: str | None, by: Person) -> str:
    """Returns the agent whose call it is for grading. Raises CallNotGradable, NotOnTheCall, OwnCall."""
    agents = agents_of(call)
    if not agents or call.ended_at is None or call.answered_at is None:
        raise CallNotGradable("no agent talked in this call, or it is still in progress", call=call.linkedid)
    chosen = agent or agents[0]
    if chosen not in agents:
        raise NotOnTheCall("this agent was not on the call", agent=chosen[:40])
    if by.agent is not None and by.agent in agents:
        raise OwnCall("a grader must not have been on the call", agent=by.agent)
    return chosen


def may_see(row: ScoreRow, by: Person) -> bool:
    """A draft is visible to its grader only; a submitted score to leaders and the graded agent."""
    if row.state in (ScoreState.DRAFT, ScoreState.DISCARDED):
        return row.grader == by.login and by.may(LEADERS)
    return by.may(LEADERS) or (by.agent is not None and row.agent == by.agent and row.state in OPEN_TO_AGENT)
