"""Errors of scheduled reports."""

from __future__ import annotations

from callcenter.errors import Forbidden, Invalid, NotFound, Unavailable


class UnknownScheduledReport(NotFound):
    code = "unknown_scheduled_report"


class BadScheduledReport(Invalid):
    """`fault` is target, mail, period, by or line."""

    code = "bad_scheduled_report"


class ReportNotAllowed(Forbidden):
    """Who schedules a report, and who owns it whenever it is sent, may read the report itself."""

    code = "report_not_allowed"


class ReportNotSent(Unavailable):
    """The mail server or the folder did not take a report; the attempt is repeated."""

    code = "report_not_sent"
