"""One call's record, built from everything that is known of it. Pure, and the same whatever the order of its sources.

Sources: CEL rows of the linkedid, queue_log rows of its caller, what AMI witnessed (ringing, holds), starts of
Asterisk. A call is final at LINKEDID_END. One that Asterisk took with it when it died is closed at its last event.

An attended transfer merges two linkedids: the customer's call goes on under its own, and the consultation is an
internal call of its own that ends with the merge; its channels appear as further legs of the customer's call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from callcenter.asterisk.cel import CelRow
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls import ring
from callcenter.calls.endings import hung_up_by, outcome_of
from callcenter.calls.model import CallRecord, Direction, Hold, Leg, Offer, OfferOutcome
from callcenter.calls.offers import Witnesses, outcome
from callcenter.calls.outgoing import agent_first, number_called, turned
from callcenter.calls.transfers import phone_of, transfers

INBOUND_CONTEXT = "cc-inbound"
TRUNK = "PJSIP/trunk"
_ANSWERING = timedelta(seconds=1)
_LOG_SECOND = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Witness:
    """What AMI saw and the files do not tell; `kind` is ringing, held, resumed or gone (not in a snapshot)."""

    leg: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sources:
    pbx: str
    linkedid: str
    cel: Sequence[CelRow]
    queue: Sequence[QueueRow] = ()
    witnesses: Sequence[Witness] = ()
    starts: Sequence[datetime] = ()
    """When Asterisk began anew (QUEUESTART)."""


@dataclass(frozen=True, slots=True)
class LineRule:
    limit: int
    cadence: ring.Cadence
    hears_ring: bool = True
    """Whether a caller who waits hears ringing; else music, of which R1 counts nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """R1 as it was in force: how many rings are allowed and how they sound."""

    limit: int
    cadence: ring.Cadence
    lines: Mapping[str, LineRule] = field(default_factory=dict)
    """Lines whose ring limit or cadence differ from the centre's."""
    hears_ring: bool = True

    def for_line(self, line: str | None) -> Rules:
        """The rules as they are for one line; the house's own where the line has none."""
        own = self.lines.get(line or "")
        if own is None:
            return self
        return replace(self, limit=own.limit, cadence=own.cadence, hears_ring=own.hears_ring)


def line_of(cel: Iterable[CelRow]) -> str | None:
    """The line that the dialplan wrote on the call as its account code."""
    return next((row.account for row in sorted(cel, key=lambda row: row.at) if row.account), None)


@dataclass(frozen=True, slots=True)
class Built:
    """`final` is False while the files may still have more to say."""

    record: CallRecord
    final: bool


def build(sources: Sources, rules: Rules) -> Built | None:
    """The call's record as far as the sources tell; None while CEL has not mentioned the call."""
    cel = sorted(set(sources.cel), key=lambda row: (row.at, row.uniqueid, row.event))
    if not cel:
        return None
    queue = sorted(set(sources.queue), key=lambda row: (row.at, row.event, row.agent, row.data))
    witnesses = sorted(set(sources.witnesses), key=lambda one: (one.at, one.kind, one.leg))
    first = next((row for row in cel if row.event == "CHAN_START" and row.uniqueid == sources.linkedid), cel[0])
    caller = first.uniqueid
    arrived = first.at
    closed = next((row.at for row in reversed(cel) if row.event == "LINKEDID_END"), None)
    orphaned = closed is None and _orphaned(arrived, cel[-1].at, sources.starts, witnesses)
    ended = closed or (cel[-1].at if orphaned else None)
    legs = _legs(cel, caller, ended)
    offers = _offers(cel, queue, witnesses, legs, caller, ended, rules)
    direction = _direction(first, legs)
    answered = _answered_at(cel, caller, offers)
    result, reason = outcome_of(cel, queue, caller, answered is not None, orphaned) if ended else (None, None)
    entered = next((row for row in cel if row.uniqueid == caller and row.event == "APP_START" and _queues(row)), None)
    first_queue = next((row.queue for row in queue if row.event == "ENTERQUEUE"), None)
    # The log has whole seconds; it serves where CEL does not follow Queue() (cel.conf, apps=).
    logged = next((max(row.at, arrived) for row in queue if row.event == "ENTERQUEUE"), None)
    queued_at = entered.at if entered else logged
    ours = agent_first(cel, caller)
    if ours:
        offers = (_agents_own(legs, caller, witnesses, rules), *offers)
    # A further channel on the trunk is somebody outside, not an agent; on a return call it is the customer.
    inside = {leg.channel for leg in legs if ours or not leg.channel.startswith(TRUNK)}
    hung_up = hung_up_by(cel, queue, caller, inside, orphaned) if ended else None
    answerer = next((one for one in offers if one.outcome is OfferOutcome.ANSWERED), None)
    record = CallRecord(
        pbx=sources.pbx,
        linkedid=sources.linkedid,
        direction=direction,
        line=line_of(cel),
        queue=first_queue or (entered.app_data.split(",")[0] if entered else None),
        caller_number=first.number,
        caller_name=first.name,
        called_number=number_called(cel, caller) or first.exten,
        arrived_at=arrived,
        queued_at=queued_at,
        answered_at=answered,
        ended_at=ended,
        outcome=result,
        reason=reason,
        agent=answerer.agent if answerer else None,
        hung_up_by=turned(hung_up) if ours else hung_up,
        late=answerer.late if answerer else _late(offers),
        wait_seconds=_seconds(queued_at, answered or _left_queue(cel, caller) or ended),
        talk_seconds=_seconds(answered, ended) if answered else None,
        offers=offers,
        transfers=transfers(cel, caller),
        holds=_holds(witnesses, legs, ended),
        legs=legs,
    )
    return Built(record, ended is not None)


def _orphaned(arrived: datetime, last: datetime, starts: Sequence[datetime], witnesses: Iterable[Witness]) -> bool:
    return any(start > arrived for start in starts) or any(one.kind == "gone" and one.at > last for one in witnesses)


def _left_queue(cel: Sequence[CelRow], caller: str) -> datetime | None:
    """The last time: an empty queue is left and entered again while the caller goes on hearing the same ringing."""
    left = (row.at for row in reversed(cel) if row.uniqueid == caller and row.event == "APP_END" and _queues(row))
    return next(left, None)


def _queues(row: CelRow) -> bool:
    return row.app == "Queue"


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round(max(0.0, (end - start).total_seconds()), 3)


def _legs(cel: Sequence[CelRow], caller: str, ended: datetime | None) -> tuple[Leg, ...]:
    rows: dict[str, list[CelRow]] = {}
    for row in cel:
        rows.setdefault(row.uniqueid, []).append(row)
    return tuple(_leg(uniqueid, own, caller, ended) for uniqueid, own in rows.items())


def _leg(uniqueid: str, rows: Sequence[CelRow], caller: str, ended: datetime | None) -> Leg:
    queued = any(row.app == "AppQueue" for row in rows)
    return Leg(
        uniqueid=uniqueid,
        channel=next((row.channel for row in rows if row.event == "CHAN_START"), rows[0].channel),
        party="caller" if uniqueid == caller else "agent" if queued else "other",
        started_at=rows[0].at,
        answered_at=next((row.at for row in rows if row.event == "ANSWER"), None),
        ended_at=next((row.at for row in rows if row.event in ("HANGUP", "CHAN_END")), ended),
        cause=next((row.cause for row in rows if row.event == "HANGUP"), None),
    )


def _offers(
    cel: Sequence[CelRow],
    queue: Sequence[QueueRow],
    witnesses: Sequence[Witness],
    legs: Sequence[Leg],
    caller: str,
    ended: datetime | None,
    rules: Rules,
) -> tuple[Offer, ...]:
    offered = [leg for leg in legs if leg.uniqueid != caller and (leg.party == "agent" or _in_queue(leg, cel, caller))]
    connects = {row.datum(1): row for row in queue if row.event == "CONNECT"}
    rang = {one.leg: one.at for one in reversed(witnesses) if one.kind == "ringing"}
    left = _caller_left_at(cel, queue, caller)
    unused = [row for row in queue if row.event in ("RINGNOANSWER", "RINGCANCELED")]
    found: list[Offer] = []
    for leg in offered:
        connect = connects.get(leg.uniqueid)
        missed = None if connect else _take_missed(unused, leg)
        seen = Witnesses(
            connected=connect is not None or leg.answered_at is not None,
            ended=leg.ended_at is not None,
            rang=True if leg.uniqueid in rang else None,
            gave_up=missed is not None or leg.cause in (0, 16, 19),
            status="",
            cause=leg.cause,
            other_answered=_elsewhere(leg, offered),
            caller_gone=left is not None and leg.ended_at is not None and abs(leg.ended_at - left) < _ANSWERING,
        )
        told = connect or missed
        phone = phone_of(leg.channel)
        offer_queue = (told.queue if told else None) or next((row.queue for row in queue if row.queue != "NONE"), "")
        found.append(_ring(leg, told.agent if told else phone, phone, offer_queue, rang, outcome(seen), rules))
    return tuple(found)


def _agents_own(legs: Sequence[Leg], caller: str, witnesses: Sequence[Witness], rules: Rules) -> Offer:
    """The ring of the agent's own phone that a return call begins with."""
    leg = next(one for one in legs if one.uniqueid == caller)
    rang = {one.leg: one.at for one in reversed(witnesses) if one.kind == "ringing"}
    seen = Witnesses(
        connected=leg.answered_at is not None,
        ended=leg.ended_at is not None,
        rang=True if leg.uniqueid in rang else None,
        gave_up=leg.cause in (0, 16, 19),
        status="",
        cause=leg.cause,
        other_answered=False,
        caller_gone=False,
    )
    phone = phone_of(leg.channel)
    return _ring(leg, phone, phone, "", rang, outcome(seen), rules)


def _ring(
    leg: Leg,
    agent: str,
    phone: str,
    queue: str,
    rang: dict[str, datetime],
    result: OfferOutcome | None,
    rules: Rules,
) -> Offer:
    end = leg.answered_at or leg.ended_at
    ringing = rang.get(leg.uniqueid)
    rings: int | None = None
    late: bool | None = None
    if end is not None and ringing is not None:
        rings = ring.tones_begun(ringing, end, rules.cadence)
        late = ring.is_late(rings, rules.limit)
    elif end is not None:
        short = ring.certainly_in_time((end - leg.started_at).total_seconds(), rules.limit, rules.cadence)
        late = False if short else None
    return Offer(leg.uniqueid, agent, phone, queue, leg.started_at, ringing, end, rings, late, result)


def _in_queue(leg: Leg, cel: Sequence[CelRow], caller: str) -> bool:
    """A leg without an application of its own yet, begun while the caller waits in Queue()."""
    if any(row.uniqueid == leg.uniqueid and row.event != "CHAN_START" for row in cel):
        return False
    application = ""
    for row in cel:
        if row.at > leg.started_at:
            break
        if row.uniqueid == caller:
            application = {"APP_START": row.app, "APP_END": ""}.get(row.event, application)
    return application == "Queue"


def _take_missed(unused: list[QueueRow], leg: Leg) -> QueueRow | None:
    """The queue_log row of this leg's end; the log has whole seconds and no leg, so each row serves one leg."""
    if leg.ended_at is None or leg.answered_at is not None:
        return None
    near = [row for row in unused if abs(row.at - leg.ended_at) < _LOG_SECOND]
    phone = phone_of(leg.channel)
    row = next((row for row in near if row.agent == phone), near[0] if near else None)
    if row is not None:
        unused.remove(row)
    return row


def _elsewhere(leg: Leg, offered: Iterable[Leg]) -> bool:
    end = leg.ended_at
    others = (one.answered_at for one in offered if one is not leg and one.answered_at is not None)
    # A colleague's leg that was first called after this one had ended has nothing to do with this end.
    return end is not None and any(leg.started_at <= at and abs(end - at) < _ANSWERING for at in others)


def _caller_left_at(cel: Sequence[CelRow], queue: Sequence[QueueRow], caller: str) -> datetime | None:
    for row in cel:
        if row.uniqueid == caller and row.event == "HANGUP":
            by_caller = row.extra.get("hangupsource") == row.channel
            return row.at if by_caller or any(one.event == "ABANDON" for one in queue) else None
    return None


def _direction(first: CelRow, legs: Iterable[Leg]) -> Direction:
    if first.context == INBOUND_CONTEXT or first.channel.startswith(TRUNK):
        return Direction.INBOUND
    outside = any(leg.channel.startswith(TRUNK) for leg in legs if leg.uniqueid != first.uniqueid)
    return Direction.OUTBOUND if outside else Direction.INTERNAL


def _answered_at(cel: Sequence[CelRow], caller: str, offers: Iterable[Offer]) -> datetime | None:
    answered = [one.ended_at for one in offers if one.outcome is OfferOutcome.ANSWERED and one.ended_at]
    if answered:
        return min(answered)
    # Without a queue, two channels in a bridge are a conversation.
    talked = {row.uniqueid for row in cel if row.event == "BRIDGE_ENTER"}
    if caller not in talked or len(talked) < 2:
        return None
    return next(row.at for row in cel if row.event == "BRIDGE_ENTER" and row.uniqueid == caller)


def _late(offers: Sequence[Offer]) -> bool | None:
    """An unanswered call is late when a phone rang on past the limit; unknown when that cannot be ruled out."""
    if any(one.late for one in offers):
        return True
    return None if not offers or any(one.late is None for one in offers) else False


def _holds(witnesses: Sequence[Witness], legs: Iterable[Leg], ended: datetime | None) -> tuple[Hold, ...]:
    """Who held whom and how long. Whoever holds and leaves, as by a transfer, holds no longer: nothing else says so."""
    left = {leg.uniqueid: leg.ended_at for leg in legs}
    held: dict[str, datetime] = {}
    found: list[Hold] = []
    for one in witnesses:
        if one.kind == "held":
            held.setdefault(one.leg, one.at)
        elif one.kind == "resumed" and one.leg in held:
            found.append(Hold(held.pop(one.leg), one.at, one.leg))
    found.extend(Hold(at, left.get(leg) or ended, leg) for leg, at in held.items())
    return tuple(sorted(found, key=lambda hold: (hold.started_at, hold.by)))
