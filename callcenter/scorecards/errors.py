"""Errors of the scorecards, each with a stable code."""

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
    """This call and agent already have a standing score; `score` names it. A review starts from it."""

    code = "call_already_graded"


class OwnCall(Forbidden):
    """No one grades their own call."""

    code = "own_call"


class NotTheGrader(Forbidden):
    code = "not_the_grader"


class SameGrader(Forbidden):
    """A disputed score is settled by a person other than the one who gave it."""

    code = "same_grader"


class NotYourScore(Forbidden):
    """Only the agent whose call was graded acknowledges or disputes."""

    code = "not_your_score"


class NotOnTheCall(Invalid):
    code = "agent_not_on_the_call"


class CallNotGradable(Conflict):
    """No agent talked in this call, or it has not ended yet."""

    code = "call_not_gradable"


class DisputeClosed(Conflict):
    """The time limit for disputes has passed, or this score is itself the answer to a dispute."""

    code = "dispute_closed"


class TextMissing(Invalid):
    code = "text_missing"
