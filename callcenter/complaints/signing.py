"""The chain of signatures (K1, K2): who signs in which order, what each covers, which still hold. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcenter.complaints.chain import digest, facts_of
from callcenter.complaints.model import Case, Severity


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


ROLES: Final[Mapping[Place, frozenset[str]]] = {
    Place.RECEIVER: frozenset({"agent", "supervisor", "manager"}),
    Place.HANDLER: frozenset({"agent", "supervisor", "manager"}),
    Place.CENTRE: frozenset({"supervisor", "manager"}),
    Place.DUTY_MANAGER: frozenset({"manager"}),
    Place.LEADER: frozenset({"leader"}),
}
SUBSTITUTES: Final[Mapping[Place, frozenset[str]]] = {
    Place.DUTY_MANAGER: frozenset({"supervisor", "leader"}),
    Place.LEADER: frozenset({"manager"}),
}
"""Who signs instead while nobody of the place's own role is on duty."""

CHAINS: Final[Mapping[Severity, tuple[Place, ...]]] = {
    Severity.MINOR: (Place.RECEIVER, Place.HANDLER, Place.CENTRE),
    Severity.NORMAL: (Place.RECEIVER, Place.HANDLER, Place.CENTRE, Place.DUTY_MANAGER),
    Severity.SERIOUS: tuple(Place),
    Severity.CRITICAL: tuple(Place),
}
"""K4: the graver the case, the higher it goes."""

_OWN: Final[Mapping[Place, tuple[str, ...]]] = {
    Place.RECEIVER: (),
    Place.HANDLER: ("findings", "true_cause", "investigation"),
    Place.CENTRE: ("centre_opinion", "proposal", "corrective_action", "verification"),
    Place.DUTY_MANAGER: ("manager_opinion",),
    Place.LEADER: ("leader_opinion",),
}
"""The statements that a place adds to what the places before it have signed."""


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


def chain_for(severity: Severity | None) -> tuple[Place, ...]:
    """The places of a case; one that is not assessed yet is treated as grave."""
    return CHAINS[severity or Severity.CRITICAL]


def covered(case: Case, place: Place) -> str:
    """The hash of what this place signs: the facts, and every statement up to the place's own."""
    places = tuple(Place)
    names = [name for one in places[: places.index(place) + 1] for name in _OWN[one]]
    return digest([case.number, facts_of(case), {name: case.statements.get(name) for name in names}])


def holding(case: Case, signatures: Sequence[Signature]) -> dict[Place, Signature]:
    """The signatures that still hold: given, about what the case says now, with all places before holding too."""
    latest = {one.place: one for one in signatures}
    held: dict[Place, Signature] = {}
    for place in chain_for(case.facts.severity):
        last = latest.get(place)
        if last is None or last.verdict is not Verdict.SIGNED or last.covers != covered(case, place):
            break
        held[place] = last
    return held


def next_place(case: Case, signatures: Sequence[Signature]) -> Place | None:
    """Whose turn it is; None when everybody has signed what the case says now."""
    held = holding(case, signatures)
    return next((place for place in chain_for(case.facts.severity) if place not in held), None)


def signing_role(place: Place, roles: Collection[str], on_duty: Collection[str]) -> str | None:
    """The role in which somebody with these roles may sign here; None when they may not.

    `on_duty` are the roles of those on duty now: a substitute signs only while none of the place's own is there.
    """
    own = sorted(ROLES[place] & set(roles))
    if own:
        return own[0]
    instead = sorted(SUBSTITUTES.get(place, frozenset()) & set(roles))
    return instead[0] if instead and not ROLES[place] & set(on_duty) else None
