"""Errors of scheduled reports."""

from __future__ import annotations

from enum import StrEnum

from callcenter.errors import Forbidden, Invalid, NotFound, Unavailable


class DeliveryFault(StrEnum):
    """Why a delivery was not sent."""

    MAIL = "mail"
    """The mail server did not take it."""
    NO_MAIL = "no_mail"
    """No mail server is set."""
    FOLDER = "folder"
    """The folder could not be written."""
    CONTENTS = "contents"
    """The file could not be made."""
    NOT_ALLOWED = "not_allowed"
    """The owner may no longer read the report."""


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

    def __init__(self, detail: str, fault: DeliveryFault) -> None:
        super().__init__(detail)
        self.fault = fault
