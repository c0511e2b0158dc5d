"""Errors about a person's rights."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound


class LegalHold(Conflict):
    """A legal hold keeps this customer's data."""

    code = "legal_hold"


class UnknownHold(NotFound):
    code = "no_such_hold"


class UnknownErasureReport(NotFound):
    code = "no_such_erasure_report"


class HoldReasonMissing(Invalid):
    code = "hold_reason_missing"
