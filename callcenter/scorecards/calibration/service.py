"""Runs calibrations: several graders grade the same call, and none sees another's answers before all have submitted
theirs (S2).

Blindness is enforced here, not on a screen: no read of this service returns another grader's answers, or anything
computed from them, while the session is blind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Forbidden, Invalid, NotFound
from callcenter.facts import CallId
from callcenter.scorecards.access import agents_of, graded_agent
from callcenter.scorecards.calibration.model import Outcome, compare
from callcenter.scorecards.errors import OwnCall, ScoreChangedMeanwhile, ScoreFrozen
from callcenter.scorecards.forms.model import DEFAULT_FORM, ScoreForm
from callcenter.scorecards.forms.service import ScoreForms, form_of
from callcenter.scorecards.model import CalibrationEvent, CalibrationState, after
from callcenter.scorecards.parts import ScoreParts
from callcenter.scorecards.rows import CalibrationRow, CalibrationSheetRow, ScoreFormRow
from callcenter.scorecards.scoring import Answer, Answers, checked, must_be_complete, score, seal
from callcenter.storage.paging import Position, newest_first
from callcenter.web.audit import Fact
from callcenter.web.roles import Person


class UnknownCalibration(NotFound):
    code = "no_such_calibration"


class BadGraders(Invalid):
    """A calibration has at least two graders who may grade; the reference is one of them."""

    code = "bad_graders"


class NotInCalibration(Forbidden):
    code = "not_in_calibration"


@dataclass(frozen=True, slots=True)
class CalibrationSeen:
    """A session as one person may see it: `mine` are their own answers; `outcome` and `sheets` exist once revealed."""

    row: CalibrationRow
    form_name: str
    form_number: int
    submitted: Mapping[str, bool]
    mine: CalibrationSheetRow | None
    outcome: Outcome | None
    sheets: Mapping[str, dict[str, Any]]


class CalibrationService:
    def __init__(self, parts: ScoreParts, forms: ScoreForms) -> None:
        self._parts = parts
        self._database = parts.database
        self._clock = parts.clock
        self._forms = forms

    async def begin(
        self,
        call: CallId,
        title: str,
        graders: Sequence[str],
        reference: str | None,
        by: Person,
        agent: str | None = None,
        form: str = DEFAULT_FORM,
    ) -> CalibrationSeen:
        """Raises UnknownCall, CallNotGradable, NotOnTheCall, UnknownGradingForm, UnknownPerson, BadGraders, OwnCall."""
        record = await self._parts.calls.get(call)
        chosen = graded_agent(record, agent, Person("", "", "", frozenset()))
        logins = sorted(await self._parts.people.logins(graders))
        if reference is not None:
            [reference] = await self._parts.people.logins([reference])
        await self._check_graders(logins, reference, agents_of(record))
        version = await self._forms.published(form)
        row = CalibrationRow(
            id=uuid4().hex,
            form=version.id,
            call=call,
            agent=chosen,
            title=title,
            graders=logins,
            reference=reference,
            state=CalibrationState.BLIND.value,
            begun_at=self._clock(),
            begun_by=by.login,
        )
        async with self._database.write() as session:
            session.add(row)
            await session.flush()
            session.add_all(
                CalibrationSheetRow(calibration=row.id, grader=login, rev=1, answers={}) for login in logins
            )
            facts: dict[str, Fact] = {"call": call, "graders": logins}
            await self._parts.audit.append(session, by, "calibration.begun", f"calibration/{row.id}", facts=facts)
        return await self.seen(row.id, by)

    async def _check_graders(self, logins: Sequence[str], reference: str | None, agents: Sequence[str]) -> None:
        """`agents` were on the call. Raises BadGraders, OwnCall."""
        people = {grader.login: grader for grader in await self._parts.graders()}
        unknown = [login for login in logins if login not in people]
        if len(logins) < 2 or unknown or (reference is not None and reference not in logins):
            raise BadGraders("name at least two graders, including the reference", unknown=len(unknown))
        for login in logins:
            if people[login].agent in agents:
                raise OwnCall("a grader must not have been on the call", grader=login)

    async def change(self, id: str, answers: Answers, by: Person, rev: int) -> CalibrationSeen:
        """Saves the grader's own answers. Raises UnknownCalibration, NotInCalibration, ScoreFrozen, BadScoreAnswer."""
        async with self._database.write() as session:
            row, sheet = await self._own(session, id, by)
            answered = checked(await _form(session, row), answers)
            values = {key: asdict(answer) for key, answer in answered.items()}
            await self._save(session, sheet, rev, answers=values)
        return await self.seen(id, by)

    async def submit(self, id: str, by: Person, rev: int) -> CalibrationSeen:
        """Freezes the grader's own answers; the last submission reveals the session to everyone.

        Raises UnknownCalibration, NotInCalibration, ScoreFrozen, ScoreIncomplete, ScoreChangedMeanwhile.
        """
        now = self._clock()
        async with self._database.write() as session:
            row, sheet = await self._own(session, id, by)
            form, answers = await _form(session, row), answers_in(sheet)
            must_be_complete(form, answers)
            facts = {"calibration": id, "grader": by.login, "call": row.call, "at": now.isoformat()}
            sealed = seal(facts, answers, score(form, answers))
            await self._save(session, sheet, rev, submitted_at=now, sha256=sealed)
            await self._parts.audit.append(session, by, "calibration.submitted", f"calibration/{id}")
            sheets = await _sheets(session, id)
            if all(other.submitted_at is not None for other in sheets):
                await self._step(session, row, CalibrationEvent.REVEAL, by, now)
        return await self.seen(id, by)

    async def cancel(self, id: str, by: Person) -> CalibrationSeen:
        """Cancels a session, which stays blind forever. Raises UnknownCalibration, IllegalTransition."""
        async with self._database.write() as session:
            await self._step(session, await _load(session, id), CalibrationEvent.CANCEL, by, self._clock())
        return await self.seen(id, by)

    async def find(self, by: Person, limit: int = 50, after: Position | None = None) -> Sequence[CalibrationRow]:
        """Returns sessions, newest first; their rows hold no answers."""
        query = newest_first(select(CalibrationRow), CalibrationRow.begun_at, CalibrationRow.id, limit, after)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def seen(self, id: str, by: Person) -> CalibrationSeen:
        """Returns what this person may see now. Raises UnknownCalibration."""
        async with self._database.read() as session:
            row = await _load(session, id)
            version = await session.get_one(ScoreFormRow, row.form)
            sheets = await _sheets(session, id)
        revealed = row.state == CalibrationState.REVEALED
        answers = {sheet.grader: answers_in(sheet) for sheet in sheets}
        return CalibrationSeen(
            row=row,
            form_name=version.name,
            form_number=version.number,
            submitted={sheet.grader: sheet.submitted_at is not None for sheet in sheets},
            mine=next((sheet for sheet in sheets if sheet.grader == by.login), None),
            outcome=compare(form_of(version), answers, row.reference) if revealed else None,
            sheets={sheet.grader: dict(sheet.answers) for sheet in sheets} if revealed else {},
        )

    async def _own(self, session: AsyncSession, id: str, by: Person) -> tuple[CalibrationRow, CalibrationSheetRow]:
        row = await _load(session, id, lock=True)
        sheet = await session.get(CalibrationSheetRow, (id, by.login))
        if sheet is None:
            raise NotInCalibration("only the session's graders answer", calibration=id)
        if sheet.submitted_at is not None or row.state != CalibrationState.BLIND:
            raise ScoreFrozen("what was submitted does not change", calibration=id)
        return row, sheet

    async def _save(self, session: AsyncSession, sheet: CalibrationSheetRow, rev: int, **values: Any) -> None:
        changed = await session.execute(
            update(CalibrationSheetRow)
            .where(
                CalibrationSheetRow.calibration == sheet.calibration,
                CalibrationSheetRow.grader == sheet.grader,
                CalibrationSheetRow.rev == rev,
                CalibrationSheetRow.submitted_at.is_(None),
            )
            .values(rev=rev + 1, **values)
            .returning(CalibrationSheetRow.grader)
            .execution_options(synchronize_session=False)
        )
        if changed.first() is None:
            raise ScoreChangedMeanwhile("these answers were saved meanwhile; read them again", grader=sheet.grader)
        await session.refresh(sheet)

    async def _step(
        self, session: AsyncSession, row: CalibrationRow, event: CalibrationEvent, by: Person, at: datetime
    ) -> None:
        state = after(CalibrationState(row.state), event)
        changed = await session.execute(
            update(CalibrationRow)
            .where(CalibrationRow.id == row.id, CalibrationRow.state == row.state)
            .values(state=state.value, ended_at=at)
            .returning(CalibrationRow.id)
            .execution_options(synchronize_session=False)
        )
        if changed.first() is None:
            raise ScoreChangedMeanwhile("this session has just ended", calibration=row.id)
        await self._parts.audit.append(session, by, f"calibration.{state.value}", f"calibration/{row.id}")


def answers_in(sheet: CalibrationSheetRow) -> dict[str, Answer]:
    return {key: Answer(**answer) for key, answer in sheet.answers.items()}


async def _load(session: AsyncSession, id: str, *, lock: bool = False) -> CalibrationRow:
    # The lock prevents two last graders from each seeing the other's sheet as still open.
    row = await session.get(CalibrationRow, id, with_for_update=lock or None)
    if row is None:
        raise UnknownCalibration("there is no such calibration", calibration=id[:40])
    return row


async def _sheets(session: AsyncSession, id: str) -> Sequence[CalibrationSheetRow]:
    query = select(CalibrationSheetRow).where(CalibrationSheetRow.calibration == id)
    rows = await session.scalars(query.order_by(CalibrationSheetRow.grader).execution_options(populate_existing=True))
    return rows.all()


async def _form(session: AsyncSession, row: CalibrationRow) -> ScoreForm:
    return form_of(await session.get_one(ScoreFormRow, row.form))
