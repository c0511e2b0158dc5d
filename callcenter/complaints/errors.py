"""Errors of the complaints room; every code is stable."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, IllegalTransition, Invalid, NotFound


class UnknownCase(NotFound):
    code = "case_not_found"


class BadCase(Invalid):
    code = "bad_case"


class FieldsMissing(Conflict):
    """A step requires fields that are empty; `fields` lists them."""

    code = "case_fields_missing"


class UnknownStatement(NotFound):
    code = "case_statement_not_found"


class IllegalStep(IllegalTransition):
    code = "case_no_such_step"


class ReasonMissing(Invalid):
    code = "case_reason_missing"


class NotYourStep(Forbidden):
    """The more severe the case, the higher the level that a step requires (K4); `needs` names it."""

    code = "case_not_your_step"


class CaseClosed(Conflict):
    """K7: a closed case does not change; a correction is a new entry."""

    code = "case_closed"


class NotConfirmed(Conflict):
    """F1: a case closes when the customer has confirmed, or when a leader signs that they cannot be reached."""

    code = "case_not_confirmed"


class SignaturesOpen(Conflict):
    """K1: a case closes and is archived with all signatures; `open` lists the open places, `next` whose turn it is."""

    code = "case_signatures_open"


class SecondPlace(Conflict):
    """A person may hold only one place of a case; `held` names it."""

    code = "signature_second_place"


class UnknownDelegation(NotFound):
    code = "delegation_not_found"


class BadDelegation(Invalid):
    code = "bad_delegation"


class NotYourDelegation(Forbidden):
    """A signature is delegated by its holder or by a person of a higher level; `needs` names the level."""

    code = "delegation_not_yours"


class NotYourTurn(Conflict):
    """An earlier signature is missing or void."""

    code = "signature_not_your_turn"


class NotYourPlace(Forbidden):
    code = "signature_not_your_place"


class AlreadySigned(Conflict):
    code = "signature_exists"


class BadFile(Invalid):
    code = "case_file_refused"


class UnknownFile(NotFound):
    code = "case_file_not_found"


class UnknownQuestion(NotFound):
    code = "question_not_found"


class AlreadyAnswered(Conflict):
    code = "question_already_answered"


class UnknownReferral(NotFound):
    code = "referral_not_found"


class UnknownDepartment(NotFound):
    code = "department_not_found"


class UnknownDigest(NotFound):
    code = "no_digest"


class UnknownFilter(NotFound):
    code = "case_filter_not_found"


class FilterTaken(Conflict):
    code = "case_filter_taken"


class TooManyFilters(Conflict):
    code = "case_filter_too_many"
