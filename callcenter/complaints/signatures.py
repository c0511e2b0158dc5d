"""Use-cases of the chain of signatures: sign after proving who you are, or return with a reason (K1, K2)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from callcenter.complaints import signing, store
from callcenter.complaints.cases import CaseService
from callcenter.complaints.errors import AlreadySigned, CaseClosed, NotYourPlace, NotYourTurn, ReasonMissing
from callcenter.complaints.model import OVER, Case, Event, State
from callcenter.complaints.parts import Parts
from callcenter.complaints.signing import Place, Signature, Verdict
from callcenter.complaints.store import Deed, who
from callcenter.storage.database import after_commit
from callcenter.web.roles import Person


class Reauthentication(Protocol):
    """Proves that the person at the keyboard is who is signed in; raises WrongLogin."""

    async def __call__(self, person: Person, password: str) -> None: ...


class OnDuty(Protocol):
    """The roles of those who are on duty now."""

    async def __call__(self) -> Collection[str]: ...


class SignatureService:
    def __init__(self, parts: Parts, cases: CaseService, prove: Reauthentication, on_duty: OnDuty) -> None:
        self._parts = parts
        self._cases = cases
        self._prove = prove
        self._on_duty = on_duty

    async def of(self, number: str) -> tuple[Case, list[Signature]]:
        """The case and all that was ever signed; raises CaseNotFound."""
        async with self._parts.database.read() as session:
            case = store.case_of(await store.row_of(session, number))
            return case, await store.signatures(session, number)

    async def sign(self, number: str, place: Place, by: Person, password: str) -> Signature:
        """Sign what the case says now. Raises WrongLogin, NotYourTurn, NotYourPlace, AlreadySigned, CaseClosed."""
        await self._prove(by, password)
        on_duty = await self._on_duty()
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            case, given = store.case_of(row), await store.signatures(session, number)
            role = _may(case, place, given, by, on_duty)
            signature = Signature(
                place, by.id, by.name, role, self._parts.clock(), Verdict.SIGNED, "", signing.covered(case, place)
            )
            await store.add_signature(session, number, signature)
            facts = {"place": place, "role": role, "covers": signature.covers}
            await store.note(session, case, Deed(signature.at, who(by), "signed", facts))
            await self._parts.audit.append(session, by, "case.signed", f"case/{number}", facts={"place": place})
            shown = {"number": number, "state": case.state, "place": place, "by": by.name}
            await self._parts.tell(session, "case.signed", shown)
            after_commit(session, lambda: self._parts.publish("case", shown))
        return signature

    async def send_back(self, number: str, place: Place, by: Person, password: str, reason: str, goal: State) -> Case:
        """Refuse to sign and return the case to an earlier step; raises as `sign`, and NoSuchStep, ReasonMissing."""
        if not reason.strip():
            raise ReasonMissing("say why", case=number)
        await self._prove(by, password)
        on_duty = await self._on_duty()
        async with self._parts.database.write() as session:
            row = await store.row_of(session, number, to_change=True)
            case, given = store.case_of(row), await store.signatures(session, number)
            role = _may(case, place, given, by, on_duty)
            at, covers = self._parts.clock(), signing.covered(case, place)
            signature = Signature(place, by.id, by.name, role, at, Verdict.RETURNED, reason.strip(), covers)
            await store.add_signature(session, number, signature)
            facts = {"place": place, "role": role, "reason": reason.strip(), "covers": covers}
            await store.note(session, case, Deed(at, who(by), "returned_unsigned", facts))
            return await self._cases.step_in(session, row, Event.RETURN, by, reason=reason, goal=goal)


def _may(case: Case, place: Place, given: list[Signature], by: Person, on_duty: Collection[str]) -> str:
    """The role in which they sign here now."""
    if case.state in OVER:
        raise CaseClosed("nothing in a closed case changes", case=case.number)
    if place in signing.holding(case, given):
        raise AlreadySigned("this place is signed", case=case.number, place=place)
    turn = signing.next_place(case, given)
    if place is not turn:
        raise NotYourTurn(f"the next signature is that of the {turn}", case=case.number, turn=turn)
    role = signing.signing_role(place, by.roles, on_duty)
    if role is None:
        raise NotYourPlace(f"you may not sign as {place}", case=case.number, place=place)
    return role
