"""The complaints room joined within itself: services, routes, works for durable jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from callcenter.calls.model import Direction
from callcenter.calls.service import CallService
from callcenter.complaints import departments, http, http_signing
from callcenter.complaints.attachments import AttachmentService, Evidence
from callcenter.complaints.cases import CaseService
from callcenter.complaints.departments import DepartmentService
from callcenter.complaints.parts import Parts
from callcenter.complaints.questions import QuestionService
from callcenter.complaints.signatures import SignatureService
from callcenter.complaints.works import CASE_TAKES_CALL, Works
from callcenter.customers.service import CustomerService
from callcenter.storage.jobs import Work
from callcenter.web.routes import Routes
from callcenter.web.site import House

FOLDER: Final = "cases"


@dataclass(frozen=True)
class Complaints:
    cases: CaseService
    attachments: AttachmentService
    signatures: SignatureService
    questions: QuestionService
    departments: DepartmentService
    routes: list[Routes]
    works: dict[str, Work]


@dataclass(frozen=True)
class Neighbours:
    """What the room uses of others."""

    house: House
    calls: CallService
    customers: CustomerService
    evidence: Evidence
    duty: Callable[[], Mapping[str, object]]
    """The agents' numbers that are on duty now."""
    data_dir: Path
    largest_file: int = field(default=10_000_000)


def open_complaints(parts: Parts, near: Neighbours) -> Complaints:
    cases = CaseService(parts)
    attachments = AttachmentService(
        parts, near.calls, near.evidence, near.data_dir.resolve() / FOLDER, near.largest_file
    )
    signatures = SignatureService(parts, cases, near.house.sessions.prove, lambda: _roles_on_duty(near))
    questions = QuestionService(parts, cases)
    kept_departments = DepartmentService(parts.database, parts.audit, near.house.people)
    works = Works(parts, cases, attachments)

    async def caller_of(call: str) -> tuple[str | None, str]:
        record = await near.calls.get(call)
        number = record.called_number if record.direction is Direction.OUTBOUND else record.caller_number
        held = await near.customers.by_numbers([number])
        return held.get(number), number

    return Complaints(
        cases,
        attachments,
        signatures,
        questions,
        kept_departments,
        [
            http.routes(cases, attachments, caller_of, parts.clock),
            http_signing.signature_routes(signatures),
            http_signing.question_routes(cases, questions),
            departments.routes(kept_departments),
        ],
        {
            "case_called_back": works.called_back,
            "case_wanted": works.wanted,
            CASE_TAKES_CALL: works.takes_call,
            "recording_kept": works.recording_kept,
            "transcript_ready": works.transcript_ready,
        },
    )


async def _roles_on_duty(near: Neighbours) -> set[str]:
    """The roles of those who are here: signed in, and on duty by the roster where they are on it."""
    on_duty = near.duty()
    here = [one for one in await near.house.sessions.present() if one.agent is None or one.agent in on_duty]
    return {role.value for person in here for role in person.roles}
