"""What the scorecards refuse, each with its stable code."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownScore(NotFound):
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
