"""Determines who may sign a case now: its people, the duty manager by the roster, recorded delegations (K1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.complaints import store
from callcenter.complaints.departments.service import DepartmentService
from callcenter.complaints.errors import UnknownDepartment
from callcenter.complaints.model import Case, State
from callcenter.complaints.parts import Parts
from callcenter.complaints.rows import CaseStepRow
from callcenter.complaints.signatures import model as signing
from callcenter.complaints.signatures.delegations import DelegationService
from callcenter.complaints.signatures.model import Place, Signature, Signers
from callcenter.facts import CaseNumber
from callcenter.web.people import PeopleService

DutyNow = Callable[[], Awaitable[frozenset[str]]]
HANDLING: Final = ("findings", "true_cause", "investigation")
HANDLED: Final = frozenset({State.INVESTIGATING, State.PROPOSED})
"""A person who moves a case to one of these states has handled it."""
LEVELS: Final[Mapping[Place, str]] = {
    Place.RECEIVER: "agent",
    Place.HANDLER: "agent",
    Place.CENTRE: "supervisor",
    Place.DUTY_MANAGER: "manager",
    Place.LEADER: "leader",
}


class CaseSigners:
    def __init__(
        self,
        parts: Parts,
        people: PeopleService,
        departments: DepartmentService,
        delegations: DelegationService,
        duty: DutyNow,
        *,
        two_places: bool,
    ) -> None:
        self._parts = parts
        self._people = people
        self._departments = departments
        self._delegations = delegations
        self._duty = duty
        self.two_places = two_places

    async def of(self, session: AsyncSession, case: Case, given: Sequence[Signature]) -> Signers:
        """Returns who may sign beside their role. A duty manager who holds another place leaves it to the manager."""
        steps = select(CaseStepRow.by).where(CaseStepRow.case == case.number, CaseStepRow.state.in_(HANDLED))
        wrote = {case.statements[name].by for name in HANDLING if name in case.statements}
        handled = {case.owner, *wrote, *await session.scalars(steps)}
        known = await self._people.known({case.received_by, case.owner, *handled})
        # A case opened by a program or a return call has no receiver of its own: its owner signs as the receiver.
        received = {case.received_by} & known or {case.owner} & known
        duty = await self._duty()
        if not self.two_places:
            duty -= {
                signature.person
                for place, signature in signing.holding(case, given).items()
                if place != Place.DUTY_MANAGER
            }
        return Signers(frozenset(received), frozenset(handled & known), duty, await self._delegations.in_force())

    async def notify(self, payload: Mapping[str, Any]) -> None:
        """Job `case_signatures_due`: publishes whose turn it is; does nothing when all have signed meanwhile."""
        number = CaseNumber(payload["case"])
        async with self._parts.database.write() as session:
            case = store.case_of(await store.row_of(session, number))
            given = await store.signatures(session, number)
            place = signing.next_place(case, given)
            if place is None or case.state not in signing.AWAITING:
                return
            to = await self._people_of(session, case, given, place)
            await self._parts.notifier.reminded(session, case, "signature_due", level=LEVELS[place], to=to, place=place)

    async def _people_of(
        self, session: AsyncSession, case: Case, given: Sequence[Signature], place: Place
    ) -> list[str]:
        """Returns the person ids whose turn it is; empty for everyone of the place's level."""
        signers = await self.of(session, case, given)
        own = {
            Place.RECEIVER: signers.received,
            Place.HANDLER: signers.handled,
            Place.DUTY_MANAGER: signers.duty_managers,
        }.get(place, frozenset())
        if not own and place in (Place.DUTY_MANAGER, Place.LEADER) and case.facts.department:
            try:
                department = await self._departments.department(case.facts.department)
            except UnknownDepartment:
                return []
            person = department.leader if place is Place.LEADER else department.manager
            own = frozenset() if person is None else frozenset({person})
        return sorted(own | {delegation.to for delegation in signers.delegations if delegation.absent in own})
