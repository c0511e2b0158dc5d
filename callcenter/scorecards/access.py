"""Who may grade a call, who may see a score, and the texts that they must give. Pure."""

from __future__ import annotations

from callcenter.calls.model import CallRecord, OfferOutcome
from callcenter.scorecards.errors import CallNotGradable, NotOnTheCall, OwnCall, TextMissing
from callcenter.scorecards.model import OPEN_TO_AGENT, ScoreState
from callcenter.scorecards.rows import ScoreRow
from callcenter.web.roles import LEADERS, Person


def required_text(text: str) -> str:
    """The text without outer blanks. Raises TextMissing."""
    bare = text.replace("\0", "").strip()
    if not bare:
        raise TextMissing("a reason is required")
    return bare


def agents_of(call: CallRecord) -> list[str]:
    """Everybody who talked to the caller: who answered, and who took the call over."""
    answered = [offer.agent for offer in call.offers if offer.outcome is OfferOutcome.ANSWERED and offer.agent]
    talked = sorted(call.agents)
    return list(dict.fromkeys([*([call.agent] if call.agent else []), *answered, *talked]))


def graded_agent(call: CallRecord, agent: str | None, by: Person) -> str:
    """Whose call it is for grading. Raises CallNotGradable, NotOnTheCall, OwnCall."""
    there = agents_of(call)
    if not there or call.ended_at is None or call.answered_at is None:
        raise CallNotGradable("nobody talked in this call, or it goes on", call=call.linkedid)
    chosen = agent or there[0]
    if chosen not in there:
        raise NotOnTheCall("this agent was not on the call", agent=chosen[:40])
    if by.agent is not None and by.agent in there:
        raise OwnCall("nobody grades a call that they were on", agent=by.agent)
    return chosen


def may_see(row: ScoreRow, by: Person) -> bool:
    """A draft is its grader's alone; what was submitted is the leaders' and the agent's own."""
    if row.state in (ScoreState.DRAFT, ScoreState.DISCARDED):
        return row.grader == by.login and by.may(LEADERS)
    return by.may(LEADERS) or (by.agent is not None and row.agent == by.agent and row.state in OPEN_TO_AGENT)
