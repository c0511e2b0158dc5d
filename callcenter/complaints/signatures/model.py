"""The chain of signatures (K1, K2): who signs in which order, what each covers, which still hold. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcenter.complaints.history.chain import digest, facts_of
from callcenter.complaints.model import Case, Event, Kind, Severity, State


class Place(StrEnum):
    """A line on the paper form, in the order of signing."""

    RECEIVER = "receiver"
    HANDLER = "handler"
    CENTRE = "centre"
    DUTY_MANAGER = "duty_manager"
    LEADER = "leader"


class Verdict(StrEnum):
    SIGNED = "signed"
    RETURNED = "returned"


SIGNERS: Final = frozenset({"agent", "supervisor", "manager", "leader"})
ROLES: Final[Mapping[Place, frozenset[str]]] = {
    Place.RECEIVER: SIGNERS,
    Place.HANDLER: SIGNERS,
    Place.CENTRE: frozenset({"supervisor", "manager"}),
    Place.DUTY_MANAGER: frozenset({"supervisor", "manager"}),
    Place.LEADER: frozenset({"leader"}),
}
"""The roles that may hold a place; a place that belongs to one person also accepts that person."""
DELEGATES: Final[Mapping[Place, frozenset[str]]] = {**ROLES, Place.LEADER: frozenset({"leader", "manager"})}
"""The roles of those who may sign for an absent signer under a recorded delegation."""

CHAINS: Final[Mapping[Severity, tuple[Place, ...]]] = {
    Severity.MINOR: (Place.RECEIVER, Place.HANDLER, Place.CENTRE),
    Severity.NORMAL: (Place.RECEIVER, Place.HANDLER, Place.CENTRE, Place.DUTY_MANAGER),
    Severity.SERIOUS: tuple(Place),
    Severity.CRITICAL: tuple(Place),
}
"""K4: the higher the severity, the higher the chain goes."""

_OWN: Final[Mapping[Place, tuple[str, ...]]] = {
    Place.RECEIVER: (),
    Place.HANDLER: ("findings", "true_cause", "investigation"),
    Place.CENTRE: ("centre_opinion", "proposal", "corrective_action", "verification"),
    Place.DUTY_MANAGER: ("manager_opinion",),
    Place.LEADER: ("leader_opinion",),
}
"""The statements that a place adds to what the earlier places have signed."""


@dataclass(frozen=True, slots=True)
class Signature:
    place: Place
    person: str
    name: str
    role: str
    at: datetime
    verdict: Verdict
    reason: str
    covers: str
    """SHA-256 of what was signed."""
    instead_of: str = ""
    """The name of the person whose signature it replaces, under a recorded delegation; empty for the signer's own."""


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign a case now: the people of the case, the roster, the recorded delegations.

    `delegations` are (absent person, person who signs instead) with the roles and the name of the absent person.
    """

    received: frozenset[str] = frozenset()
    handled: frozenset[str] = frozenset()
    duty_managers: frozenset[str] = frozenset()
    delegations: tuple[Delegated, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegated:
    """A delegation that is in force now."""

    absent: str
    absent_name: str
    absent_roles: frozenset[str]
    to: str


@dataclass(frozen=True, slots=True)
class Right:
    """The role in which a person may sign a place, and on whose behalf."""

    role: str
    instead_of: str = ""


def chain_for(case: Case) -> tuple[Place, ...]:
    """Returns the places of a complaint; an unassessed one is treated as severe. Other cases have no such form."""
    if case.facts.kind is not Kind.COMPLAINT:
        return ()
    return CHAINS[case.facts.severity or Severity.CRITICAL]


def covered(case: Case, place: Place) -> str:
    """Returns the hash of what this place signs: the facts, and every statement up to the place's own."""
    places = tuple(Place)
    names = [name for earlier in places[: places.index(place) + 1] for name in _OWN[earlier]]
    return digest([case.number, facts_of(case), {name: case.statements.get(name) for name in names}])


def holding(case: Case, signatures: Sequence[Signature]) -> dict[Place, Signature]:
    """Returns the signatures that still hold: given, on the present content, with all earlier places holding too."""
    latest = {signature.place: signature for signature in signatures}
    held: dict[Place, Signature] = {}
    for place in chain_for(case):
        last = latest.get(place)
        if last is None or last.verdict is not Verdict.SIGNED or last.covers != covered(case, place):
            break
        held[place] = last
    return held


def open_places(case: Case, signatures: Sequence[Signature]) -> tuple[Place, ...]:
    """Returns the places that no one has signed, and those whose signature no longer holds."""
    held = holding(case, signatures)
    return tuple(place for place in chain_for(case) if place not in held)


def next_place(case: Case, signatures: Sequence[Signature]) -> Place | None:
    """Returns the place to sign next; None when everyone has signed the present content."""
    return next(iter(open_places(case, signatures)), None)


def held_by(case: Case, signatures: Sequence[Signature], person: str) -> Place | None:
    """Returns the place of this case that the person already holds."""
    return next((place for place, given in holding(case, signatures).items() if given.person == person), None)


def double_places(case: Case, signatures: Sequence[Signature]) -> dict[Place, Place]:
    """Returns each place whose signer holds an earlier place of this case, with that place; the form names both."""
    first: dict[str, Place] = {}
    repeated: dict[Place, Place] = {}
    for place, given in holding(case, signatures).items():
        if first.setdefault(given.person, place) is not place:
            repeated[place] = first[given.person]
    return repeated


def right_to_sign(place: Place, person: str, roles: Collection[str], signers: Signers) -> Right | None:
    """Returns the role in which a person with these roles may sign here now; None when they may not.

    Sessions play no part: receiver and handler are people of the case, the duty manager comes from the roster,
    and a person who signs for another does so under a recorded delegation.
    """
    role = _own_role(place, person, roles, signers)
    if role is not None:
        return Right(role)
    instead = sorted(DELEGATES[place] & set(roles))
    for delegated in signers.delegations if instead else ():
        if delegated.to == person and _own_role(place, delegated.absent, delegated.absent_roles, signers) is not None:
            return Right(instead[0], delegated.absent_name)
    return None


def _own_role(place: Place, person: str, roles: Collection[str], signers: Signers) -> str | None:
    own = sorted(ROLES[place] & set(roles))
    if not own:
        return None
    if place is Place.DUTY_MANAGER:
        # The department manager substitutes while the roster names no one.
        here = person in signers.duty_managers or (not signers.duty_managers and "manager" in own)
        return ("manager" if "manager" in own else own[0]) if here else None
    named = {Place.RECEIVER: signers.received, Place.HANDLER: signers.handled}.get(place)
    return own[0] if named is None or person in named else None


AWAITING: Final = frozenset(State) - {State.ARCHIVED, State.MERGED}
"""A signature is an entry and does not change the case, so a closed or withdrawn one may still be signed (K7)."""
SIGNED_FIRST: Final = frozenset({Event.CLOSE, Event.ARCHIVE})
"""The steps that wait for the signatures."""
