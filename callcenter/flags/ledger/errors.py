"""Errors of the ledger."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownEntry(NotFound):
    code = "unknown_ledger_entry"


class BadEntry(Invalid):
    code = "bad_ledger_entry"


class NotYourEntry(Forbidden):
    """Agents dispute their own entries, and no one decides on an entry about themselves."""

    code = "not_your_ledger_entry"


class SamePerson(Forbidden):
    """Another person than who confirmed an entry settles the dispute."""

    code = "ledger_same_person"


class MonthClosed(Conflict):
    """Nothing of a closed month changes; what comes later is entered in an open month."""

    code = "ledger_month_closed"


class MonthUndecided(Conflict):
    """A month with proposed or disputed entries is not closed."""

    code = "ledger_month_undecided"


class MonthNotOver(Conflict):
    code = "ledger_month_not_over"
