"""Converts cases to rows and back, and writes every change as row, step and entry. In the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints.errors import UnknownCase
from callcenter.complaints.history.chain import Entry, following
from callcenter.complaints.model import Case, Channel, Facts, Kind, Severity, State, Statement, case_number
from callcenter.complaints.rows import CaseEntryRow, CaseRow, CaseSerialRow, CaseSignatureRow, CaseStepRow
from callcenter.complaints.signatures.model import Place, Signature, Verdict
from callcenter.facts import CaseNumber
from callcenter.storage import fulltext
from callcenter.storage.upsert import upsert
from callcenter.web.roles import Person

_STATEMENTS = TypeAdapter(dict[str, Statement])
_SEARCHED = ("customer_name", "contact_person", "what_happened", "wanted", "product", "order_number", "cause")
_ENTRY = tuple(field.name for field in fields(Entry))
SYSTEM = ("system", "系统")
FOUND_AS = "case"
"""The kind of a case in the full-text index."""
REMARKED = "remarked"


@dataclass(frozen=True, slots=True)
class Action:
    """Who did what to a case, when, with which facts; it becomes an entry of the history."""

    at: datetime
    by: tuple[str, str]
    name: str
    facts: Mapping[str, Any]


def actor_of(person: Person | None) -> tuple[str, str]:
    return (person.id, person.name) if person is not None else SYSTEM


async def next_number(session: AsyncSession, day: datetime) -> CaseNumber:
    """Returns the day's next number. The counter's row is locked until commit, so no number is lost or given twice."""
    key = f"{day:%Y%m%d}"
    first = upsert(session, CaseSerialRow).values(day=key, last=1)
    counted = first.on_conflict_do_update(index_elements=["day"], set_={"last": CaseSerialRow.last + 1})
    serial = await session.scalar(counted.returning(CaseSerialRow.last))
    assert serial is not None
    return case_number(day.date(), serial)


async def row_of(session: AsyncSession, number: CaseNumber, *, to_change: bool = False) -> CaseRow:
    """Raises UnknownCase."""
    query = select(CaseRow).where(CaseRow.number == number)
    row = await session.scalar(query.with_for_update() if to_change else query)
    if row is None:
        raise UnknownCase("there is no such case", case=number[:40])
    return row


def case_of(row: CaseRow) -> Case:
    return Case(
        number=row.number,
        facts=_facts(row),
        state=State(row.state),
        watchers=tuple(row.watchers),
        statements=_STATEMENTS.validate_python(row.statements),
        version=row.version,
        opened_at=row.opened_at,
        received_by=row.received_by,
        received_by_name=row.received_by_name,
        owner=row.owner,
        confirmed=row.confirmed,
        satisfaction=row.satisfaction,
        merged_into=row.merged_into,
        due_at=row.due_at,
        due_step=row.due_step,
        due_from=row.due_from,
        remind_at=row.remind_at,
        late=row.late,
        escalation_level=row.escalation_level,
        escalated_to=row.escalated_to,
        closed_at=row.closed_at,
    )


def _facts(row: CaseRow) -> Facts:
    return Facts(
        kind=Kind(row.kind),
        channel=Channel(row.channel),
        severity=Severity(row.severity) if row.severity else None,
        anonymous=row.anonymous,
        customer=row.customer,
        customer_name=row.customer_name,
        contact_person=row.contact_person,
        sex=row.sex,
        phone=row.phone,
        email=row.email,
        im=row.im,
        address=row.address,
        what_happened=row.what_happened,
        wanted=row.wanted,
        product=row.product,
        order_number=row.order_number,
        department=row.department,
        cause=row.cause,
        line=row.line,
        agent=row.agent,
    )


def put(row: CaseRow, case: Case) -> None:
    """Writes the value over its row."""
    _put_facts(row, case.facts)
    row.state = case.state
    row.watchers = list(case.watchers)
    row.statements = _STATEMENTS.dump_python(dict(case.statements), mode="json")
    row.opened_at = case.opened_at
    row.received_by = case.received_by
    row.received_by_name = case.received_by_name
    row.owner = case.owner
    row.confirmed = case.confirmed
    row.satisfaction = case.satisfaction
    row.merged_into = case.merged_into
    row.due_at = case.due_at
    row.due_step = case.due_step
    row.due_from = case.due_from
    row.remind_at = case.remind_at
    row.late = case.late
    row.escalation_level = case.escalation_level
    row.escalated_to = case.escalated_to
    row.closed_at = case.closed_at


def _put_facts(row: CaseRow, facts: Facts) -> None:
    row.kind = facts.kind
    row.channel = facts.channel
    row.severity = facts.severity
    row.anonymous = facts.anonymous
    row.customer = facts.customer
    row.customer_name = facts.customer_name
    row.contact_person = facts.contact_person
    row.sex = facts.sex
    row.phone = facts.phone
    row.email = facts.email
    row.im = facts.im
    row.address = facts.address
    row.what_happened = facts.what_happened
    row.wanted = facts.wanted
    row.product = facts.product
    row.order_number = facts.order_number
    row.department = facts.department
    row.cause = facts.cause
    row.line = facts.line
    row.agent = facts.agent


async def create(session: AsyncSession, case: Case, action: Action) -> Case:
    row = CaseRow(number=case.number)
    put(row, case)
    session.add(row)
    await session.flush()
    session.add(
        CaseStepRow(case=case.number, seq=1, state=case.state, entered_at=action.at, left_at=None, by=action.by[0])
    )
    return await _written(session, row, action)


async def change(session: AsyncSession, row: CaseRow, case: Case, action: Action) -> Case:
    """Writes a changed case, its new step if any, and the entry that records the change."""
    before = row.state
    put(row, case)
    await session.flush()
    if row.state != before:
        await _step(session, case, action)
    return await _written(session, row, action)


async def _step(session: AsyncSession, case: Case, action: Action) -> None:
    last = select(CaseStepRow.seq).where(CaseStepRow.case == case.number).order_by(CaseStepRow.seq.desc()).limit(1)
    seq = await session.scalar(last) or 0
    here = (CaseStepRow.case == case.number, CaseStepRow.seq == seq)
    await session.execute(update(CaseStepRow).where(*here).values(left_at=action.at))
    session.add(CaseStepRow(case=case.number, seq=seq + 1, state=case.state, entered_at=action.at, by=action.by[0]))


async def _written(session: AsyncSession, row: CaseRow, action: Action) -> Case:
    await session.flush()
    case = case_of(row)
    await note(session, case, action)
    await _findable(session, case)
    return case


async def note(session: AsyncSession, case: Case, action: Action) -> None:
    """Adds an entry that does not change the case itself: allowed in a closed one too (K7)."""
    entry = following(await last_entry(session, case.number), case, action.at, action.by, action.name, action.facts)
    session.add(CaseEntryRow(**{name: getattr(entry, name) for name in _ENTRY}))
    await session.flush()
    # Does not touch the row's version: an entry beside the case must not make a user's edit of the case fail.
    head = update(CaseRow).where(CaseRow.number == case.number).values(head=entry.hash)
    await session.execute(head.execution_options(synchronize_session=False))


async def remark(session: AsyncSession, case: Case, action: Action) -> None:
    """Adds a text entry, which is indexed for the search of the case."""
    await note(session, case, action)
    await _findable(session, case)


def text_of(case: Case, remarks: Sequence[str]) -> str:
    """Returns the searchable text of a case: facts, statements and remarks, without the customer's contact details."""
    facts = [str(getattr(case.facts, name)) for name in _SEARCHED]
    return "\n".join([case.number, *facts, *(statement.text for statement in case.statements.values()), *remarks])


async def remarks_of(session: AsyncSession, numbers: Sequence[str]) -> dict[str, list[str]]:
    """Returns the remarks of these cases, by case, oldest first."""
    query = select(CaseEntryRow.case, CaseEntryRow.facts).where(
        CaseEntryRow.case.in_(numbers), CaseEntryRow.action == REMARKED
    )
    remarks: dict[str, list[str]] = {}
    for row in await session.execute(query.order_by(CaseEntryRow.case, CaseEntryRow.seq)):
        remarks.setdefault(row.case, []).append(str(json.loads(row.facts).get("text", "")))
    return remarks


async def _findable(session: AsyncSession, case: Case) -> None:
    remarks = await remarks_of(session, [case.number])
    await fulltext.put(session, FOUND_AS, case.number, text_of(case, remarks.get(case.number, ())))


async def last_entry(session: AsyncSession, number: CaseNumber) -> Entry | None:
    query = select(CaseEntryRow).where(CaseEntryRow.case == number).order_by(CaseEntryRow.seq.desc()).limit(1)
    row = await session.scalar(query)
    return entry_of(row) if row else None


async def entries(session: AsyncSession, number: CaseNumber) -> list[Entry]:
    query = select(CaseEntryRow).where(CaseEntryRow.case == number).order_by(CaseEntryRow.seq)
    return [entry_of(row) for row in await session.scalars(query)]


def entry_of(row: CaseEntryRow) -> Entry:
    return Entry(**{name: getattr(row, name) for name in _ENTRY})


async def signatures(session: AsyncSession, number: CaseNumber) -> list[Signature]:
    query = select(CaseSignatureRow).where(CaseSignatureRow.case == number).order_by(CaseSignatureRow.seq)
    return [
        Signature(
            place=Place(row.place),
            person=row.person,
            name=row.name,
            role=row.role,
            at=row.at,
            verdict=Verdict(row.verdict),
            reason=row.reason,
            covers=row.covers,
            instead_of=row.instead_of,
        )
        for row in await session.scalars(query)
    ]


async def add_signature(session: AsyncSession, number: CaseNumber, given: Signature) -> None:
    last = select(CaseSignatureRow.seq).where(CaseSignatureRow.case == number).order_by(CaseSignatureRow.seq.desc())
    seq = await session.scalar(last.limit(1)) or 0
    values = {field.name: getattr(given, field.name) for field in fields(Signature)}
    session.add(CaseSignatureRow(id=uuid4().hex, case=number, seq=seq + 1, **values))
    await session.flush()
