"""Use cases of call notes: the agent of a call writes it, as a draft or done; managers keep the tree of reasons."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Protocol

from sqlalchemy import delete, select

from callcenter.calls.access import must_be_theirs
from callcenter.calls.model import CallRecord
from callcenter.calls.notes.model import Note, NoteState, Question, Reason, check_note, check_tree, path_of
from callcenter.calls.notes.rows import CallNoteRow, CallReasonRow
from callcenter.calls.notes.standard import standard_reasons
from callcenter.calls.papers.model import CallMatter
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.facts import CallId
from callcenter.storage.database import Database, after_commit
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

Check = Callable[[Note], object]
"""Checks that the editor has seen the stored version."""
Departments = Callable[[], Awaitable[Mapping[str, str]]]
"""The names of the departments by code."""


class Floor(Protocol):
    def record_by_id(self, call: CallId) -> CallRecord | None: ...


class CallNotes:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        calls: CallService,
        floor: Floor,
        departments: Departments,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._calls = calls
        self._floor = floor
        self._departments = departments
        self.finished: list[Callable[[Collection[str]], object]] = []
        """Called with the agents of a call whose note was finished, or opened again."""

    async def note(self, call: CallId, by: Person) -> Note:
        """What is written about a call; an empty draft before anything is. Raises UnknownCall, NotYourCall."""
        await self._theirs(call, by)
        async with self._database.read() as session:
            row = await session.get(CallNoteRow, call)
        return _note(row) if row is not None else Note()

    async def write(self, call: CallId, note: Note, by: Person, check: Check) -> Note:
        """Replace what is written. Raises UnknownCall, NotYourCall, UnknownReason, NoteIncomplete."""
        agents = await self._theirs(call, by)
        check_note(note, await self.reasons(), list(await self._departments()))
        async with self._database.write() as session:
            row = await session.get(CallNoteRow, call, with_for_update=True)
            before = _note(row) if row is not None else Note()
            check(before)
            if row is None:
                row = CallNoteRow(call=call)
                session.add(row)
            row.state, row.reason, row.reason_text = note.state.value, note.reason, note.reason_text
            row.contact, row.department, row.people = note.contact, note.department, note.people
            row.progress, row.questions = note.progress, [asdict(question) for question in note.questions]
            row.agent, row.by, row.at = by.agent, by.login[:80], self._clock()
            if note.state is NoteState.DONE or before.state is NoteState.DONE:
                # Drafts are saved every few seconds; only what was finished, and what changes it, is an audited action.
                await self._audit.append(session, by, f"call.record_{note.state.value}", f"call/{call}")
                after_commit(session, lambda: [finished(agents) for finished in self.finished])
        return note

    async def _theirs(self, call: CallId, by: Person) -> frozenset[str]:
        """The agents of the call, of whom this person is one unless they lead."""
        record = self._floor.record_by_id(call) or await self._calls.get(call)
        must_be_theirs(by, record.concerned, call)
        return frozenset(record.concerned)

    async def reasons(self) -> dict[str, Reason]:
        """The tree, in its order; the standard one until the centre has its own."""
        async with self._database.read() as session:
            rows = await session.scalars(select(CallReasonRow).order_by(CallReasonRow.place))
            own = {row.code: Reason(row.code, dict(row.names), row.parent, row.active) for row in rows}
        return own or dict(standard_reasons())

    async def replace_reasons(
        self, reasons: Sequence[Reason], by: Person, check: Callable[[Sequence[Reason]], object]
    ) -> Sequence[Reason]:
        """Replace the tree; calls keep the codes that they name. Raises BadReasonTree."""
        check_tree(reasons)
        check(list((await self.reasons()).values()))
        async with self._database.write() as session:
            await session.execute(delete(CallReasonRow))
            session.add_all(
                CallReasonRow(
                    code=reason.code, parent=reason.parent, names=dict(reason.names), place=place, active=reason.active
                )
                for place, reason in enumerate(reasons)
            )
            await self._audit.append(session, by, "call_reasons.changed", "call_reasons", facts={"count": len(reasons)})
        return reasons

    async def matters(self, call: CallId, language: str) -> Sequence[CallMatter]:
        """What the printed call record (W1) takes from the note."""
        async with self._database.read() as session:
            row = await session.get(CallNoteRow, call)
        if row is None:
            return []
        note = _note(row)
        reasons = await self.reasons()
        names = [_name(reason, language) for reason in path_of(note.reason or "", reasons)]
        reason = " / ".join(names) or (note.reason or "")
        texts = [text for text in (reason, note.reason_text) if text]
        department = (await self._departments()).get(note.department or "", note.department or "")
        return [CallMatter("", "：".join(texts), note.contact, department, note.people, note.progress)]


def _name(reason: Reason, language: str) -> str:
    return reason.names.get(language) or next(iter(reason.names.values()), reason.code)


def _note(row: CallNoteRow) -> Note:
    questions = tuple(Question(**question) for question in row.questions)
    return Note(
        row.reason,
        row.reason_text,
        row.contact,
        row.department,
        row.people,
        row.progress,
        questions,
        NoteState(row.state),
    )
