"""What the scorecards' services are made of, what they refuse, and who may see what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import CallRecord, OfferOutcome
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.errors import Conflict, Forbidden, Invalid, NotFound
from callcenter.flags.service import FlagService
from callcenter.scorecards.model import OPEN_TO_AGENT, ScoreState
from callcenter.scorecards.people import ScorePeople
from callcenter.scorecards.rows import ScoreRow
from callcenter.settings import ScoreSettings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import LEADERS, Person

Tell = Callable[[AsyncSession, str, Mapping[str, Any]], Awaitable[None]]
"""Tells subscribers outside, in the transaction that makes it true."""
Recorded = Callable[[Sequence[str]], Awaitable[Mapping[str, Sequence[str]]]]
"""The recordings that can be heard, by call; calls without any are left out."""
Satisfaction = Callable[[datetime, datetime], Awaitable[Mapping[str, tuple[int, float]]]]
"""How many customers gave a mark and its mean of 1 to 5, by agent, within a period (F4)."""
Graders = Callable[[], Awaitable[Sequence[Person]]]
"""The people who may grade and can sign in."""


class LiveMessages:
    """The live feed as this room needs it: leaders, and the agents named."""

    def __init__(self, publish: Callable[..., object]) -> None:
        self._publish = publish

    def say(self, kind: str, data: Mapping[str, Any], agents: frozenset[str]) -> None:
        self._publish(kind, data, agents)


@dataclass(frozen=True)
class ScoreParts:
    settings: ScoreSettings
    database: Database
    clock: Clock
    audit: Audit
    calls: CallService
    zone: ZoneInfo
    live: LiveMessages
    graders: Graders
    people: ScorePeople
    flags: FlagService
    tell: Tell
    recorded: Recorded
    transcribed: Recorded
    satisfaction: Satisfaction


class ScoreNotFound(NotFound):
    code = "score_not_found"


class ScoreFrozen(Conflict):
    """A submitted score never changes: a review is a new one."""

    code = "score_frozen"


class ScoreChangedMeanwhile(Conflict):
    code = "score_changed_meanwhile"


class AlreadyGraded(Conflict):
    """A score of this call and agent counts already; `score` names it. A review is begun from it."""

    code = "call_already_graded"


class OwnCall(Forbidden):
    """Nobody grades their own call."""

    code = "own_call"


class NotTheGrader(Forbidden):
    code = "not_the_grader"


class SameGrader(Forbidden):
    """A disputed score is settled by another person than the one who gave it."""

    code = "same_grader"


class NotYourScore(Forbidden):
    """Only the agent whose call was graded acknowledges or disputes."""

    code = "not_your_score"


class NotOnTheCall(Invalid):
    code = "agent_not_on_the_call"


class CallNotGradable(Conflict):
    """Nobody talked in this call, or it has not ended yet."""

    code = "call_not_gradable"


class DisputeClosed(Conflict):
    """The days for disputing are over, or this score is itself the answer to a dispute."""

    code = "dispute_closed"


class TextMissing(Invalid):
    code = "text_missing"


def said(text: str) -> str:
    """The text without outer blanks. Raises TextMissing."""
    bare = text.replace("\0", "").strip()
    if not bare:
        raise TextMissing("say why")
    return bare


def agents_of(call: CallRecord) -> list[str]:
    """Everybody who talked to the caller: who answered, and who took the call over."""
    answered = [one.agent for one in call.offers if one.outcome is OfferOutcome.ANSWERED and one.agent]
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
