"""Errors of scheduled reports."""

from __future__ import annotations

from callcenter.errors import Invalid, NotFound, Unavailable


class UnknownScheduledReport(NotFound):
    code = "unknown_scheduled_report"


class BadScheduledReport(Invalid):
    """`fault` is target, mail or period."""

    code = "bad_scheduled_report"


class ReportNotSent(Unavailable):
    """The mail server or the folder did not take a report; the attempt is repeated."""

    code = "report_not_sent"
