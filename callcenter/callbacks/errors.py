"""What the return calls refuse."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownReturnCall(NotFound):
    code = "unknown_return_call"


class NothingToCall(NotFound):
    """Nothing in the queue may be called by this agent now; the facts say how many wait and why they do."""

    code = "nothing_to_call"


class ChangedMeanwhile(Conflict):
    """Somebody else was quicker; read it again."""

    code = "return_call_changed_meanwhile"


class AlreadyCalling(Conflict):
    """This customer is being called, or this agent holds another return call."""

    code = "already_calling"


class NotYours(Forbidden):
    code = "not_your_return_call"


class CannotTake(Conflict):
    """This agent may not take this return call now; `why` is the word of choosing.py."""

    code = "cannot_take_return_call"


class LeaseOver(Conflict):
    """The claim ran out and the return call is back in the queue."""

    code = "claim_ran_out"


class QuietHours(Conflict):
    """At the customer's place it is not a time to be called; the facts name the next instant that is."""

    code = "quiet_hours"


class QuietPromise(Invalid):
    """Nobody promises a call at a time when nobody is called."""

    code = "promise_in_quiet_hours"


class PromiseInThePast(Invalid):
    """A call was promised for a time that is over."""

    code = "promise_in_the_past"


class SurveyOfDaysToCome(Invalid):
    """A survey asks about calls that were made; its days are over."""

    code = "survey_of_days_to_come"


class NeverCallable(Invalid):
    """The zones that a number may be in have no hour in common at which it may be called."""

    code = "never_callable"


class DoNotCall(Conflict):
    code = "do_not_call"


class NotCallable(Invalid):
    """Hidden, an extension, or a number of the emergency services."""

    code = "number_not_callable"


class NoPhoneThere(Conflict):
    """The agent is not signed in with a phone that answers, or is on a call."""

    code = "agent_not_reachable"


class BadResult(Invalid):
    code = "bad_result"


class CustomerNotReached(Conflict):
    """A customer's word needs a customer who answered; `reach` is none, agent, ringing or unknown."""

    code = "customer_not_reached"


class NotTheirCall(Conflict):
    """An incoming call serves a return call only when it is its customer's, answered, and the agent's own."""

    code = "call_serves_no_return_call"


class ReturnCallStands(Conflict):
    """A promise with a time, or a dialect without a speaker of it; `why` is a word of served.py."""

    code = "return_call_stands"


class EvaluationContradicts(Conflict):
    """The result that was written already says something else than these answers."""

    code = "evaluation_contradicts_result"


class ReasonMissing(Invalid):
    code = "reason_missing"


class UnknownCampaign(NotFound):
    code = "unknown_campaign"


class CampaignExists(Conflict):
    code = "campaign_exists"


class BadWindow(Invalid):
    code = "bad_window"
