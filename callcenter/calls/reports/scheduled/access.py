"""Who may schedule a kind of report: who may read that report, when it is defined and whenever it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from callcenter.calls.reports.scheduled.errors import ReportNotAllowed
from callcenter.calls.reports.scheduled.kinds import ReportKind
from callcenter.web.roles import LEADERS, Allowed, Person, in_scope


@dataclass(frozen=True, slots=True)
class Reading:
    """The API operation that reads the same report, its part of the API and its roles."""

    operation: str
    tag: str
    roles: Allowed = LEADERS


READING: Final[Mapping[ReportKind, Reading]] = MappingProxyType(
    {
        ReportKind.CALLS: Reading("read_call_report", "reports"),
        ReportKind.WORK: Reading("read_work_report", "reports"),
        ReportKind.ADHERENCE: Reading("read_adherence", "roster"),
        ReportKind.EQUAL_SERVICE: Reading("read_equal_service", "reports"),
        ReportKind.LEDGER: Reading("export_ledger", "exports"),
    }
)


def may_read(kind: ReportKind, person: Person) -> bool:
    """Whether this person may read the report now."""
    reading = READING[kind]
    return person.may(reading.roles) and in_scope(person.scopes, reading.tag, reads=True)


def check_reader(kind: ReportKind, person: Person | None) -> None:
    """Raises ReportNotAllowed unless this person may read the report now; None: who no longer signs in."""
    if person is None:
        raise ReportNotAllowed("its owner no longer signs in", kind=kind.value)
    if not may_read(kind, person):
        raise ReportNotAllowed("who sends a report may read it", kind=kind.value)
