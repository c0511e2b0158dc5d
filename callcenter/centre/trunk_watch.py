"""Judges the trunks: by OPTIONS where the carrier answers them, by registrations, and by calls to the outside."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from callcenter.alarms.model import Alarm, AlarmKind, CallsNow, Key, Trouble
from callcenter.asterisk.control import Control
from callcenter.asterisk.render.trunk import probe
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.record import TRUNK
from callcenter.errors import CallCentreError
from callcenter.settings import PbxSettings

log = structlog.get_logger(__name__)
FAILURES: Final = 2
"""After this many outgoing calls have failed in succession, the trunk counts as out of order."""
NOT_PLACED: Final = ("chanunavail", "congestion")
NO_RESPONSE: Final = 18
"""Q.850, no user responding: a carrier sends nothing for 32 seconds (RFC 3261, timer B); Dial() calls it NOANSWER."""
OUT_OF_ORDER: Final = frozenset({3, 20, 27, 34, 38, 41, 42, 44, 47, 102})
"""Q.850: no route, absent, out of order, no circuit, network failures, congestion, no resource, time-out.

Others, such as 1 (no such number) and 21 (rejected), are about the called number."""
UNREACHABLE: Final = "trunk_unreachable"
UNREGISTERED: Final = "trunk_unregistered"
REGISTERED: Final = "Registered"
REJECTED: Final = "Rejected"
GONE: Final = "UNAVAILABLE"
PATIENCE: Final = 3
"""Looks during which a registration may be renewed ..."""
FIRST_PATIENCE: Final = 20
"""... and during which the first one may be under way: Asterisk begins it within some seconds of its start."""


@dataclass(frozen=True, slots=True)
class TrunkSeen:
    """A carrier at one look. `answers` is None where it is not asked; `registration` is empty where there is none."""

    host: str
    answers: bool | None = None
    registration: str = ""


class TrunkWatch:
    """Many carriers leave OPTIONS unanswered, so silence counts only after an answer."""

    def __init__(self) -> None:
        self._failed = 0
        self._answered: set[str] = set()
        self._unregistered: dict[str, int] = {}
        self._registered: set[str] = set()
        self._seen: tuple[TrunkSeen, ...] = ()

    @property
    def seen(self) -> tuple[TrunkSeen, ...]:
        """The carriers at the last look."""
        return self._seen

    def known_from(self, open_alarms: Mapping[Key, Alarm]) -> None:
        """A carrier that was unreachable when this process began has answered before."""
        self._answered |= {alarm.subject for alarm in open_alarms.values() if alarm.cause == UNREACHABLE}
        self._registered |= {alarm.subject for alarm in open_alarms.values() if alarm.cause == UNREGISTERED}

    async def calls_recorded(self, records: Sequence[CallRecord]) -> None:
        for record in sorted(records, key=lambda record: record.arrived_at):
            if record.direction is Direction.OUTBOUND:
                self._failed = self._failed + 1 if trunk_failed(record) else 0

    def look(self, trunks: Iterable[TrunkSeen]) -> None:
        self._seen = tuple(trunks)
        for trunk in self._seen:
            if trunk.answers:
                self._answered.add(trunk.host)
            if trunk.registration == REGISTERED:
                self._registered.add(trunk.host)
            waiting = trunk.registration not in ("", REGISTERED)
            self._unregistered[trunk.host] = self._unregistered.get(trunk.host, 0) + 1 if waiting else 0

    def troubles(self) -> list[Trouble]:
        """One trouble for each trunk, as of the last look."""
        result = [
            Trouble(AlarmKind.TRUNK, trunk.host, cause, CallsNow.UNKNOWN)
            for trunk in self._seen
            if (cause := self._cause(trunk)) is not None
        ]
        if self._failed >= FAILURES:
            result.append(Trouble(AlarmKind.TRUNK, "", "calls_do_not_go_out", CallsNow.UNKNOWN))
        return result

    def _cause(self, trunk: TrunkSeen) -> str | None:
        if trunk.answers is False and trunk.host in self._answered:
            return UNREACHABLE
        patience = PATIENCE if trunk.host in self._registered else FIRST_PATIENCE
        lost = trunk.registration == REJECTED or self._unregistered.get(trunk.host, 0) > patience
        return UNREGISTERED if lost else None


class TrunkLook:
    """Reads from Asterisk how the carriers are."""

    def __init__(self, control: Control, settings: PbxSettings, watch: TrunkWatch) -> None:
        self._control = control
        self._watch = watch
        self._silent: set[str] = set()
        """The trunks that left the last OPTIONS unanswered."""
        further = [(f"trunk{place}", trunk) for place, trunk in enumerate(settings.fallback_trunks, 1)]
        first = (
            [("trunk", settings.trunk_host, settings.trunk_user, settings.trunk.qualify_seconds)]
            if settings.trunk_host
            else []
        )
        self._trunks = [*first, *((name, t.host, t.user, t.qualify_seconds) for name, t in further)]

    async def look(self) -> None:
        """Without an answer of Asterisk what was known stays."""
        if not self._trunks or not self._control.ready.is_set():
            return
        try:
            registered = await self._control.registrations() if any(user for _, _, user, _ in self._trunks) else {}
            states = await asyncio.gather(
                *(self._control.endpoint_state(probe(name)) for name, _, _, every in self._trunks if every)
            )
        except CallCentreError:
            return
        asked = iter(states)
        answers = {name: next(asked) != GONE if every else None for name, _, _, every in self._trunks}
        self._watch.look(
            TrunkSeen(host, answers[name], registered.get(name, "") if user else "")
            for name, host, user, _ in self._trunks
        )
        await self._register_again(answers)

    async def _register_again(self, answers: Mapping[str, bool | None]) -> None:
        """Register at carriers that are back: one that has started again may know no registration of before."""
        users = {name: user for name, _, user, _ in self._trunks}
        back = {name for name in self._silent if answers[name] and users[name]}
        self._silent = {name for name, answer in answers.items() if answer is False} | back
        for name in sorted(back):
            try:
                await self._control.register(name)
            except CallCentreError as error:
                log.warning("trunk_not_registered_again", trunk=name, cause=error.code)
                continue
            self._silent.discard(name)


def trunk_failed(record: CallRecord) -> bool:
    """Whether the carrier could not be reached or refused all calls; a number that does not exist is no failure."""
    if record.outcome is not Outcome.FAILED:
        return False
    status, _, cause = (record.reason or "").partition("-")
    legs = [leg for leg in record.legs if leg.channel.startswith(TRUNK) and leg.answered_at is None]
    causes = {int(cause)} if cause.isdigit() else {leg.cause for leg in legs}
    return bool(causes & OUT_OF_ORDER) if status in NOT_PLACED else NO_RESPONSE in causes
