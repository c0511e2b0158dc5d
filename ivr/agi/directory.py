"""Keeps the flows of the newest snapshot, parsed, and the versions that calls still run on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from callcenter.clock import Clock
from callcenter.errors import Unavailable
from ivr.agi.ports import Back, Beginning
from ivr.flows.model import CALLBACK, Flow
from ivr.flows.parser import read_flow
from ivr.reception import ASTERISK_LANGUAGE, Customer, Line, known_number
from ivr.session.model import Hours, Situation
from ivr.snapshot import Snapshot

KEPT: Final = 50
"""Earlier versions in memory, for calls that come back from a queue."""
_OURS: Final = {folder: language for language, folder in ASTERISK_LANGUAGE.items()}

LEAVING: Final = Flow(
    "waiting",
    lines=(),
    languages=tuple(ASTERISK_LANGUAGE),
    greeting="greeting",
    start=CALLBACK,
    closed=CALLBACK,
    nobody=CALLBACK,
    overflow=CALLBACK,
)
"""The flow of a caller who leaves a queue for a return call."""

log = structlog.get_logger(__name__)


class SnapshotDirectory:
    """The current snapshot as the reception and the flows read it; `show` replaces it."""

    def __init__(self, snapshot: Snapshot, clock: Clock) -> None:
        self._clock = clock
        self._parsed: OrderedDict[str, Flow] = OrderedDict()
        self._by_line: dict[str, str] = {}
        self.snapshot = snapshot
        self.show(snapshot)

    def show(self, snapshot: Snapshot) -> None:
        """Take a new snapshot. A flow that cannot be read leaves its lines with the version that they had."""
        self.snapshot = snapshot
        by_line: dict[str, str] = {}
        for text in snapshot.flows:
            version = f"{text.name}/{text.number}"
            if version not in self._parsed:
                flow, faults = read_flow(text.source)
                if flow is None:
                    log.error("flow_unreadable", flow=version, fault=faults[0].kind, line=faults[0].line)
                    by_line.update(self._lines_of(text.name))
                    continue
                self._parsed[version] = flow
            self._parsed.move_to_end(version)
            by_line |= dict.fromkeys(self._parsed[version].lines, version)
        self._by_line = by_line
        while len(self._parsed) > max(KEPT, len(snapshot.flows)):
            self._parsed.popitem(last=False)

    def _lines_of(self, name: str) -> dict[str, str]:
        return {line: version for line, version in self._by_line.items() if version.startswith(f"{name}/")}

    def begin(self, line: str, caller: str, back: Back | None) -> Beginning | None:
        """The flow of the line, or the version of a caller who comes back; None for a line without a flow."""
        version = self._by_line.get(line, "")
        if back is not None and back.version in self._parsed:
            version = back.version
        flow, entry = self._parsed.get(version), self.snapshot.line(line)
        if flow is None or entry is None:
            return None
        return Beginning(flow, version, self._situation(entry, caller, back))

    def leave(self, line: str, language: str) -> Beginning | None:
        """For a caller who leaves the queue for a return call and has a hidden number; None for an unknown line."""
        entry = self.snapshot.line(line)
        if entry is None:
            return None
        situation = self._situation(entry, "", Back(LEAVING.name, language))
        return Beginning(LEAVING, f"{LEAVING.name}/1", situation)

    def _situation(self, line: Line, caller: str, back: Back | None) -> Situation:
        zone, now = ZoneInfo(line.hours.timezone), self._clock()
        hours = self._hours(line, now)
        known = self.snapshot.staffed_at if hours is Hours.NOBODY else self.snapshot.opens_at
        opens = known(line.code, now)
        return Situation(
            line=line.code,
            queue=line.queue,
            language=_OURS.get(back.language, line.language) if back else line.language,
            hours=hours,
            now=now.astimezone(zone),
            opens_at=None if opens is None else opens.astimezone(zone),
            number=known_number(caller),
            priority=line.priority,
            overflowed=back is not None,
        )

    def _hours(self, line: Line, now: datetime) -> Hours:
        if not self.snapshot.open_at(line, now):
            return Hours.CLOSED
        try:
            on_duty = self.snapshot.duty(line.code)
        except Unavailable:
            # The service has just started: the queue itself knows who is there.
            return Hours.OPEN
        return Hours.OPEN if on_duty else Hours.NOBODY

    # The plain reception's directory.

    def line(self, code: str) -> Line | None:
        return self.snapshot.line(code)

    def open_at(self, line: Line, at: datetime) -> bool:
        return self.snapshot.open_at(line, at)

    def duty(self, line: str) -> Collection[str]:
        return self.snapshot.duty(line)

    def customer(self, number: str) -> Customer | None:
        return self.snapshot.customer(number)
