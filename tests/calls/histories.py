"""One history of a call in two forms: as AMI reports it to the floor, and as Asterisk writes it into its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from callcenter import facts
from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.effects import CallEnded, Effect, LegWitnessed, PbxSeen
from callcenter.calls.floor import Floor
from callcenter.calls.model import CallRecord, OfferOutcome
from callcenter.calls.record import Live, Sources, Witness
from callcenter.calls.rules import RuleBook
from callcenter.facts import Fact, Uniqueid, linkedid_of

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
CALL = linkedid_of("pbx1-1795492800.1")
CALLER = "PJSIP/trunk-00000001"
QUEUE = "food"
_FIELDS = ("name", "exten", "context", "app", "app_data", "peer")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def cel(event: str, when: float, uniqueid: Uniqueid, channel: str, /, **more: str) -> CelRow:
    """A row; what is not named is empty, and `cause`, `source`, `dialstatus` go into the extra of a HANGUP."""
    extra = {
        name: more[key]
        for key, name in (("cause", "hangupcause"), ("source", "hangupsource"), ("dialstatus", "dialstatus"))
        if key in more
    }
    texts = {name: more.get(name, "") for name in _FIELDS}
    account, number = more.get("account", "hot"), more.get("number", "13800000000")
    return CelRow(
        event=event,
        user_event="",
        at=at(when),
        number=number,
        channel=channel,
        account=account,
        uniqueid=uniqueid,
        linkedid=CALL,
        extra=extra,
        **texts,
    )


def queue_row(event: str, when: float, agent: str = "NONE", *data: str) -> QueueRow:
    """The log has whole seconds."""
    return QueueRow(at(when).replace(microsecond=0), CALL, QUEUE, agent, event, data)


@dataclass(frozen=True)
class Phone:
    """One ring of one phone. `fate`: answers, declines, busy, absent, fails, silent or dead; `after` its seconds."""

    fate: str
    after: float


RINGS = frozenset({"answers", "declines", "fails", "silent"})
CAUSES = {"declines": 21, "busy": 17, "absent": 20, "fails": 38}
STATUS = {"declines": "BUSY", "busy": "BUSY", "absent": "CHANUNAVAIL", "fails": "CONGESTION"}
RANG_AFTER = 0.1


@dataclass
class History:
    """What both sides see, gathered as the story goes."""

    facts: list[tuple[float, Fact]] = field(default_factory=list)
    cel: list[CelRow] = field(default_factory=list)
    queue: list[QueueRow] = field(default_factory=list)
    truth: dict[str, OfferOutcome] = field(default_factory=dict)

    def fact(self, when: float, *seen: Fact) -> None:
        self.facts += [(when, entry) for entry in seen]

    def arrive(self) -> None:
        opened = facts.ChannelOpened(at(0), CALL, CALL, CALLER, "cc-inbound", "4001", "13800000000", "")
        self.fact(0, opened, facts.LineEntered(at(0), CALL, CALL, "hot"))
        self.fact(1, facts.CallerQueued(at(1), CALL, CALL, QUEUE, 1, "hot", "13800000000", ""))
        self.cel.append(cel("CHAN_START", 0, CALL, CALLER, context="cc-inbound", exten="4001"))
        self.cel.append(cel("APP_START", 1, CALL, CALLER, app="Queue", app_data=QUEUE))
        self.queue.append(queue_row("ENTERQUEUE", 1, "NONE", "", "13800000000", "1"))

    def call_phone(self, leg: Uniqueid, agent: str, phone: Phone, start: float) -> None:
        channel = f"PJSIP/{agent}-{leg[-1]}"
        opened = facts.ChannelOpened(at(start), CALL, leg, channel, "cc-phones", "", agent, "")
        self.fact(start, opened, facts.PhoneCalled(at(start), CALL, CALL, leg, QUEUE, agent, f"PJSIP/{agent}"))
        self.cel.append(cel("CHAN_START", start, leg, channel, app="AppQueue", number=agent))
        if phone.fate in RINGS and phone.after > RANG_AFTER:
            self.fact(start + RANG_AFTER, facts.PhoneRang(at(start + RANG_AFTER), CALL, leg))

    def close_phone(
        self, leg: Uniqueid, agent: str, when: float, cause: int, status: str, row: str, ring: float
    ) -> None:
        """An attempt that ended without an answer; `row` is what app_queue logs of it, if anything."""
        self.fact(when, facts.DialEnded(at(when), CALL, leg, status))
        if row == "RINGNOANSWER":
            self.fact(when, facts.PhoneMissed(at(when), CALL, leg, QUEUE, agent, round(ring * 1000)))
        if row:
            self.queue.append(queue_row(row, when, agent, str(round(ring * 1000))))
        self.hang_up(leg, f"PJSIP/{agent}-{leg[-1]}", when + 0.002, cause, "")

    def hang_up(self, leg: Uniqueid, channel: str, when: float, cause: int, source: str) -> None:
        self.fact(when, facts.ChannelClosed(at(when), CALL, leg, cause))
        app = "" if leg == CALL else "AppQueue"
        self.cel.append(cel("HANGUP", when, leg, channel, cause=str(cause), source=source, app=app))
        self.cel.append(cel("CHAN_END", when, leg, channel, app=app))

    def answer(self, leg: Uniqueid, agent: str, when: float) -> None:
        channel = f"PJSIP/{agent}-{leg[-1]}"
        self.fact(when, facts.DialEnded(at(when), CALL, leg, "ANSWER"), facts.ChannelAnswered(at(when), CALL, leg))
        self.fact(when + 0.01, facts.CallerLeftQueue(at(when + 0.01), CALL, CALL, QUEUE))
        self.fact(when + 0.01, facts.AgentConnected(at(when + 0.01), CALL, CALL, leg, QUEUE, agent))
        self.cel.append(cel("ANSWER", when, leg, channel, app="AppQueue"))
        for name, entry in ((CALL, CALLER), (leg, channel)):
            self.cel.append(cel("BRIDGE_ENTER", when + 0.01, name, entry))
        self.queue.append(queue_row("CONNECT", when + 0.01, agent, "1", leg, "1"))

    def talk_ends(self, leg: Uniqueid, agent: str, when: float, by: str) -> None:
        """`by`: caller, agent, nobody (no audio any more) or pbx (its shutdown)."""
        channel = f"PJSIP/{agent}-{leg[-1]}"
        source = {"caller": CALLER, "agent": channel}.get(by, "")
        cause = {"nobody": 44}.get(by, 16)
        if source:
            self.fact(when, facts.HangupRequested(at(when), CALL, CALL if by == "caller" else leg))
        word = {"caller": "caller", "pbx": "caller"}.get(by, "agent")
        self.fact(when + 0.01, facts.AgentFinished(at(when + 0.01), CALL, leg, QUEUE, agent, word))
        self.queue.append(queue_row(f"COMPLETE{word.upper()}", when + 0.01, agent, "1", "9", "1"))
        self.hang_up(leg, channel, when + 0.02, cause, source)
        self.over(when + 0.03, cause, source, by)

    def caller_asks(self, when: float) -> None:
        """Their BYE or CANCEL."""
        self.fact(when, facts.HangupRequested(at(when), CALL, CALL))

    def caller_leaves(self, when: float, by: str) -> None:
        """The waiting caller goes, by their own hand or another's."""
        self.cel.append(cel("APP_END", when + 0.01, CALL, CALLER, app="Queue"))
        self.fact(when + 0.01, facts.CallerAbandoned(at(when + 0.01), CALL, CALL, QUEUE))
        self.queue.append(queue_row("ABANDON", when + 0.01, "NONE", "1", "1", "9"))
        cause = 127 if by == "caller" else 0
        self.over(when + 0.02, cause, CALLER if by == "caller" else "", by)

    def over(self, when: float, cause: int, source: str, by: str) -> None:
        self.hang_up(CALL, CALLER, when, cause, source)
        self.cel.append(cel("LINKEDID_END", when, CALL, CALLER))
        if by == "pbx":
            self.fact(when + 0.2, facts.PbxStopping(at(when + 0.2)))

    def played(self) -> tuple[Live, Sources]:
        """The floor's last picture of the call, and everything that its record is built from."""
        floor = Floor("pbx1", RuleBook())
        floor.apply(facts.FloorSeen(at(-2), (), (), (), (), (QUEUE,), False))
        ordered = sorted(self.facts, key=lambda entry: entry[0])
        effects: list[Effect] = [effect for _, fact in ordered for effect in floor.apply(fact)]
        seen = [Witness(e.leg, e.kind, e.at) for e in effects if isinstance(e, LegWitnessed)]
        stops = [e.at for e in effects if isinstance(e, PbxSeen) and e.kind == "stopped"]
        last = next(e for e in reversed(effects) if isinstance(e, CallEnded))
        live = Live(last.record, last.whole)
        return live, Sources("pbx1", CALL, self.cel, self.queue, seen, (), stops, (), live)


def outcomes(record: CallRecord) -> dict[str, OfferOutcome | None]:
    return {offer.leg: offer.outcome for offer in record.offers}
