"""Writes a week of calls before the demo begins, as lines that Asterisk would have written; the service records them.

Nothing bypasses the software: CEL and queue_log are where the PBX writes them, and what the live floor would have
observed (a phone began to ring) is stored through the call service. Late rings, flags, return calls follow by rule.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from callcenter.calls.effects import LegWitnessed
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.demo.centre import Centre
from callcenter.demo.recorded import Answered, plan
from callcenter.demo.town import CREWS, HOTLINES, PLACE, REGULARS, SHIFT_HOURS, WORKERS
from callcenter.facts import Uniqueid, linkedid_of
from callcenter.storage.database import Database
from callcenter.storage.migrate import bring_up_to_date

DAYS: Final = 7
BY_HOUR: Final = {8: 3, 9: 7, 10: 9, 11: 7, 12: 4, 13: 4, 14: 7, 15: 8, 16: 6, 17: 5, 18: 3, 19: 2}
"""Calls of a working day by the hour: a morning and an afternoon peak."""
WEEKEND: Final = 0.6
SHARES: Final = (2, 3)
"""Calls by line. The late agent works on the first one: about a tenth of all calls is late, and S1 stays above 80 %."""
ABANDONED: Final = 0.04
AGENT_FIRST: Final = 0.03
QUIET: Final = timedelta(minutes=10)
"""The history ends this long before now, so that no part of it is a call in progress."""
SEED: Final = 20261101


@dataclass
class History:
    cel: list[tuple[float, str]] = field(default_factory=list)
    queue: list[tuple[float, str]] = field(default_factory=list)
    witnessed: list[LegWitnessed] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    calls: int = 0


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call; `talk` None: the caller gave up after `ring` seconds."""

    at: float
    number: str
    name: str
    line: str
    did: str
    agent: str
    ring: float
    talk: float | None
    agent_first: bool
    place: int

    @property
    def linkedid(self) -> str:
        return f"pbx1-{int(self.at)}.{2 * self.place}"

    @property
    def answered(self) -> float:
        return self.at + 0.01 + self.ring

    @property
    def leg(self) -> str:
        return f"pbx1-{int(self.at)}.{2 * self.place + 1}"


async def write_history(centre: Centre, now: datetime) -> int:
    """Write the week before the PBX first starts; returns the number of calls, 0 if a PBX has written already."""
    settings = centre.settings
    folder = settings.pbx_log_dir
    if (folder / "queue_log").exists():
        return 0
    history = week(now)
    database = Database.open(settings.database)
    try:
        await bring_up_to_date(database)
        rules = RuleBook.of(settings.policy)
        calls = CallService(database, settings.pbx.name, rules)
        await calls.keep([], history.witnessed)
    finally:
        await database.close()
    plan(centre.folder, history.answered)
    # The queue log comes last: while it is missing, an interrupted start writes both again.
    _write(folder / "cel-custom" / "cel.jsonl", history.cel)
    _write(folder / "queue_log", history.queue)
    return history.calls


def week(now: datetime) -> History:
    """The calls of the last days up to shortly before now; deterministic for the same instant."""
    history = History()
    for call in _calls(random.Random(SEED), now):
        _write_call(history, call)
        if call.talk is not None:
            answered = Answered(call.linkedid, call.number, call.line, call.agent, call.answered, call.talk)
            history.answered.append(answered)
        history.calls += 1
    return history


def _calls(chance: random.Random, now: datetime) -> Iterator[PastCall]:
    local = now.astimezone(PLACE)
    talks_of = {worker.number: worker.temper.rings for worker in WORKERS}
    place = 0
    for back in range(DAYS, -1, -1):
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back)
        share = WEEKEND if midnight.weekday() >= 5 else 1.0
        for hour, usual in BY_HOUR.items():
            seconds = sorted(chance.uniform(0, 3600) for _ in range(round(usual * share)))
            for second in seconds:
                at = midnight + timedelta(hours=hour, seconds=second)
                line = chance.choices(HOTLINES, SHARES)[0]
                crews = CREWS[line.code]
                agent = chance.choice(crews[hour // SHIFT_HOURS % len(crews)])
                number, name = _caller(chance)
                gave_up = chance.random() < ABANDONED
                ring = chance.uniform(1.5, 4.5) if gave_up else talks_of[agent] + chance.uniform(-0.8, 1.2)
                talk = None if gave_up else round(chance.lognormvariate(4.6, 0.6), 3)
                place += 1
                if at + timedelta(seconds=ring + (talk or 0)) < local - QUIET:
                    yield PastCall(
                        at=at.timestamp(),
                        number=number,
                        name=name,
                        line=line.code,
                        did=line.did,
                        agent=agent,
                        ring=ring,
                        talk=talk,
                        agent_first=chance.random() < AGENT_FIRST,
                        place=place,
                    )


def _caller(chance: random.Random) -> tuple[str, str]:
    if chance.random() < 0.4:
        regular = chance.choice(REGULARS)
        return regular.number, ""
    return f"{chance.choice(('137', '138', '139', '150', '186'))}{chance.randrange(10**8):08d}", ""


def _write_call(history: History, call: PastCall) -> None:
    """Add the lines of one call: it arrives, rings at the agent, is answered or given up, and ends."""
    lines = _CallLines(history, call)
    lines.arrive()
    if call.talk is None:
        lines.give_up()
    else:
        lines.converse(call.talk)
    lines.end()


class _CallLines:
    """Writes one call as CEL and queue_log have it. Each side of the call has fields that its events share."""

    def __init__(self, history: History, call: PastCall) -> None:
        self._history = history
        self._call = call
        trunk, self._phone = f"PJSIP/trunk-{call.place:08x}", f"PJSIP/{call.agent}-{call.place:08x}"
        self._ends = call.answered + (call.talk or 0)
        self._hung_up_by = self._phone if call.agent_first and call.talk is not None else trunk
        self._app = {"appname": "Queue", "appdata": f"{call.line},Ctr,,,86400"}
        self._no_app = {"appname": "", "appdata": ""}
        self._caller = {"name": call.name, "num": call.number, "channame": trunk, "uniqueid": call.linkedid}
        self._queued = self._caller | self._app | {"context": "cc-do", "exten": "wait", "accountcode": call.line}
        self._agent = {
            "name": call.agent,
            "num": call.agent,
            "channame": self._phone,
            "uniqueid": call.leg,
            "context": "cc-phones",
            "exten": "wait",
            "appname": "AppQueue",
            "appdata": "(Outgoing Line)",
        }
        self._offered = self._agent | self._no_app | {"exten": "s"}

    def arrive(self) -> None:
        call = self._call
        self._cel("CHAN_START", call.at, self._caller | {"context": "cc-inbound", "exten": call.did})
        self._cel("ANSWER", call.at + 0.004, self._queued | {"exten": "queue", "appname": "Answer", "appdata": ""})
        self._cel("APP_START", call.at + 0.008, self._queued)
        self._cel("CHAN_START", call.at + 0.01, self._offered)
        rang_at = datetime.fromtimestamp(call.at + 0.1, UTC)
        self._history.witnessed.append(LegWitnessed(linkedid_of(call.linkedid), Uniqueid(call.leg), rang_at, "ringing"))
        self._log(call.at + 0.008, "NONE", "ENTERQUEUE", "", call.number, 1)

    def give_up(self) -> None:
        call = self._call
        self._cel("HANGUP", self._ends, self._offered, hangupcause=26, hangupsource="", dialstatus="")
        self._cel("CHAN_END", self._ends, self._offered)
        self._log(self._ends, call.agent, "RINGCANCELED", round(call.ring * 1000))
        self._log(self._ends, "NONE", "ABANDON", 1, 1, round(call.ring))

    def converse(self, talk: float) -> None:
        """`talk` in seconds."""
        call, answered, ends = self._call, self._call.answered, self._ends
        bridge = {"bridge_id": f"demo-{call.place}", "bridge_technology": "simple_bridge"}
        bridged = self._queued | {"peer": self._phone}
        self._cel("ANSWER", answered, self._agent)
        self._cel("BRIDGE_ENTER", answered + 0.001, self._agent, **bridge)
        self._cel("BRIDGE_ENTER", answered + 0.002, bridged, **bridge)
        self._log(answered, call.agent, "CONNECT", round(call.ring), call.leg, round(call.ring))
        self._cel("BRIDGE_EXIT", ends - 0.002, bridged, **bridge)
        self._cel("BRIDGE_EXIT", ends - 0.001, self._agent, **bridge)
        self._cel("HANGUP", ends, self._agent, hangupcause=16, hangupsource=self._hung_up_by, dialstatus="")
        self._cel("CHAN_END", ends, self._agent)
        event = "COMPLETEAGENT" if self._hung_up_by == self._phone else "COMPLETECALLER"
        self._log(ends, call.agent, event, round(call.ring), round(talk), 1)

    def end(self) -> None:
        left = self._queued | self._no_app
        status = "ANSWER" if self._call.talk is not None else "CANCEL"
        self._cel("APP_END", self._ends + 0.001, left | self._app)
        self._cel("HANGUP", self._ends + 0.002, left, hangupcause=16, hangupsource=self._hung_up_by, dialstatus=status)
        self._cel("CHAN_END", self._ends + 0.002, left)
        self._cel("LINKEDID_END", self._ends + 0.003, left)

    def _cel(self, event: str, at: float, side: dict[str, str], **extra: object) -> None:
        self._history.cel.append((at, _cel_line(event, at, self._call.linkedid, side, extra)))

    def _log(self, at: float, agent: str, event: str, *data: object) -> None:
        rest = "|".join(str(value) for value in data)
        line = f"{int(at)}|{self._call.linkedid}|{self._call.line}|{agent}|{event}|{rest}"
        self._history.queue.append((at, line))


def _cel_line(event: str, at: float, linkedid: str, side: dict[str, str], extra: dict[str, object]) -> str:
    """A line in the field order of cel_custom (asterisk/render/plain.py)."""
    compact = (",", ":")
    row = {
        "eventtype": event,
        "eventenum": event,
        "userdeftype": "",
        "eventtime": round(at, 6),
        **{name: side.get(name, "") for name in ("name", "num", "exten", "context", "channame", "appname", "appdata")},
        "accountcode": side.get("accountcode", ""),
        "uniqueid": side["uniqueid"],
        "linkedid": linkedid,
        "peer": side.get("peer", ""),
        "userfield": "",
        "eventextra": json.dumps(extra, separators=compact) if extra else "",
    }
    return json.dumps(row, ensure_ascii=False, separators=compact)


def _write(path: Path, lines: Sequence[tuple[float, str]]) -> None:
    """Write all lines in order of time, replacing the file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.new")
    partial.write_text("".join(f"{line}\n" for _, line in sorted(lines)), "utf-8")
    partial.replace(path)
