"""The errors of loans."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound


class LoanNotOne(Invalid):
    """A loan is to one line, to one queue, or of one skill."""

    code = "loan_not_one"


class LoanTime(Invalid):
    """A loan ends in the future, within a day."""

    code = "loan_time"


class LoanExists(Conflict):
    code = "loan_exists"


class LoanWithoutSkill(Conflict):
    """The queue requires a language that the agent does not speak well enough (R8)."""

    code = "loan_without_skill"


class TooManyLoans(Conflict):
    code = "too_many_loans"


class UnknownLoan(NotFound):
    code = "unknown_loan"
