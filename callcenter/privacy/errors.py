"""What can go wrong around a person's rights."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound


class LegalHold(Conflict):
    """A hold of the law keeps what belongs to this customer."""

    code = "legal_hold"


class UnknownHold(NotFound):
    code = "no_such_hold"


class UnknownErasureReport(NotFound):
    code = "no_such_erasure_report"


class HoldReasonMissing(Invalid):
    code = "hold_reason_missing"
