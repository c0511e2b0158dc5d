"""Defines the errors of the return calls."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownReturnCall(NotFound):
    code = "unknown_return_call"


class NothingToCall(NotFound):
    """No return call in the queue may be taken by this agent now; the facts give how many wait and why."""

    code = "nothing_to_call"


class ChangedMeanwhile(Conflict):
    """Another user changed it first; read it again."""

    code = "return_call_changed_meanwhile"


class AlreadyCalling(Conflict):
    """This customer is already being called, or this agent holds another return call."""

    code = "already_calling"


class NotYours(Forbidden):
    code = "not_your_return_call"


class CannotTake(Conflict):
    """This agent may not take this return call now; `why` is a value of choosing.py."""

    code = "cannot_take_return_call"


class LeaseOver(Conflict):
    """The claim expired and the return call is back in the queue."""

    code = "claim_ran_out"


class QuietHours(Conflict):
    """Calling is not allowed at this time at the customer's place; the facts name the next instant when it is."""

    code = "quiet_hours"


class QuietPromise(Invalid):
    """A call cannot be promised for a time outside the calling hours."""

    code = "promise_in_quiet_hours"


class PromiseInThePast(Invalid):
    """The promised time is in the past."""

    code = "promise_in_the_past"


class SurveyOfDaysToCome(Invalid):
    """A survey asks about past calls; its days must be over."""

    code = "survey_of_days_to_come"


class NeverCallable(Invalid):
    """The zones that a number may be in have no calling hour in common."""

    code = "never_callable"


class DoNotCall(Conflict):
    code = "do_not_call"


class NotCallable(Invalid):
    """Hidden, an extension, or a number of the emergency services."""

    code = "number_not_callable"


class NoPhoneThere(Conflict):
    """The agent is not signed in with a reachable phone, or is on a call."""

    code = "agent_not_reachable"


class BadResult(Invalid):
    code = "bad_result"


class CustomerNotReached(Conflict):
    """This result requires a customer who answered; `reach` is none, agent, ringing or unknown."""

    code = "customer_not_reached"


class NotTheirCall(Conflict):
    """An incoming call serves a return call only when it is its customer's, answered, and taken by this agent."""

    code = "call_serves_no_return_call"


class ReturnCallStands(Conflict):
    """It stays open: a promise with a time, or a dialect the agent does not speak; `why` is a value of served.py."""

    code = "return_call_stands"


class EvaluationContradicts(Conflict):
    """The result already written contradicts these answers."""

    code = "evaluation_contradicts_result"


class ReasonMissing(Invalid):
    code = "reason_missing"


class UnknownCampaign(NotFound):
    code = "unknown_campaign"


class CampaignExists(Conflict):
    code = "campaign_exists"


class BadWindow(Invalid):
    code = "bad_window"
