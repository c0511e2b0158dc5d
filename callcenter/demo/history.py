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
class Past:
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


async def lay_down(centre: Centre, now: datetime) -> int:
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


def _calls(chance: random.Random, now: datetime) -> Iterator[Past]:
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
                    yield Past(
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


def _write_call(history: History, call: Past) -> None:
    trunk = f"PJSIP/trunk-{call.place:08x}"
    phone = f"PJSIP/{call.agent}-{call.place:08x}"
    answered = call.answered
    end = answered + call.talk if call.talk is not None else answered
    source = phone if call.agent_first and call.talk is not None else trunk
    queue = f"{call.line},Ctr,,,86400"
    mine = {"name": call.name, "num": call.number, "channame": trunk, "uniqueid": call.linkedid}
    queued = mine | {
        "context": "cc-do",
        "exten": "wait",
        "appname": "Queue",
        "appdata": queue,
        "accountcode": call.line,
    }
    over = queued | {"appname": "", "appdata": ""}
    agents = {
        "name": call.agent,
        "num": call.agent,
        "channame": phone,
        "uniqueid": call.leg,
        "context": "cc-phones",
        "exten": "wait",
        "appname": "AppQueue",
        "appdata": "(Outgoing Line)",
    }
    offered = agents | {"exten": "s", "appname": "", "appdata": ""}

    def cel(event: str, at: float, side: dict[str, str], **extra: object) -> None:
        history.cel.append((at, _cel_line(event, at, call.linkedid, side, extra)))

    def log(at: float, agent: str, event: str, *data: object) -> None:
        rest = "|".join(str(item) for item in data)
        history.queue.append((at, f"{int(at)}|{call.linkedid}|{call.line}|{agent}|{event}|{rest}"))

    cel("CHAN_START", call.at, mine | {"context": "cc-inbound", "exten": call.did})
    cel("ANSWER", call.at + 0.004, queued | {"exten": "queue", "appname": "Answer", "appdata": ""})
    cel("APP_START", call.at + 0.008, queued)
    cel("CHAN_START", call.at + 0.01, offered)
    history.witnessed.append(
        LegWitnessed(
            linkedid_of(call.linkedid), Uniqueid(call.leg), datetime.fromtimestamp(call.at + 0.1, UTC), "ringing"
        )
    )
    log(call.at + 0.008, "NONE", "ENTERQUEUE", "", call.number, 1)
    bridge = {"bridge_id": f"demo-{call.place}", "bridge_technology": "simple_bridge"}
    if call.talk is None:
        cel("HANGUP", end, offered, hangupcause=26, hangupsource="", dialstatus="")
        cel("CHAN_END", end, offered)
        log(end, call.agent, "RINGCANCELED", round(call.ring * 1000))
        log(end, "NONE", "ABANDON", 1, 1, round(call.ring))
    else:
        cel("ANSWER", answered, agents)
        cel("BRIDGE_ENTER", answered + 0.001, agents, **bridge)
        cel("BRIDGE_ENTER", answered + 0.002, queued | {"peer": phone}, **bridge)
        log(answered, call.agent, "CONNECT", round(call.ring), call.leg, round(call.ring))
        cel("BRIDGE_EXIT", end - 0.002, queued | {"peer": phone}, **bridge)
        cel("BRIDGE_EXIT", end - 0.001, agents, **bridge)
        cel("HANGUP", end, agents, hangupcause=16, hangupsource=source, dialstatus="")
        cel("CHAN_END", end, agents)
        log(
            end,
            call.agent,
            "COMPLETEAGENT" if source == phone else "COMPLETECALLER",
            round(call.ring),
            round(call.talk),
            1,
        )
    status = "ANSWER" if call.talk is not None else "CANCEL"
    cel("APP_END", end + 0.001, over | {"appname": "Queue", "appdata": queue})
    cel("HANGUP", end + 0.002, over, hangupcause=16, hangupsource=source, dialstatus=status)
    cel("CHAN_END", end + 0.002, over)
    cel("LINKEDID_END", end + 0.003, over)


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
    half = path.with_name(f"{path.name}.new")
    half.write_text("".join(f"{line}\n" for _, line in sorted(lines)), "utf-8")
    half.replace(path)
