"""Builds one call's record from all its sources. Pure, and independent of the order of the sources.

Sources: CEL rows of the linkedid, queue_log rows of its caller, what AMI witnessed, starts and stops of Asterisk. Each
witness contributes what it has: a file that lost lines does not outweigh one that has them. A call is final at its
LINKEDID_END, at the end of its Asterisk, or once a snapshot no longer has it.

An attended transfer merges two linkedids: the customer's call goes on under its own, and the consultation is an
internal call of its own that ends with the merge; its channels appear as further legs of the customer's call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from callcenter.asterisk.cel import CelRow, plain_number
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.believed import believed
from callcenter.calls.endings import CUT_OFF, Pbx, hung_up_by, left_caller, outcome_of, requested, stopping
from callcenter.calls.live_witness import complete, from_live
from callcenter.calls.model import CallRecord, Direction, Hold, Leg, Offer, OfferOutcome
from callcenter.calls.offered import Seen, agents_own, offers_of
from callcenter.calls.outgoing import agent_first, ended_inside, number_called, turned
from callcenter.calls.paths import dialect_of, entered_number, overflowed_to, path_of
from callcenter.calls.rules import RingRules
from callcenter.calls.sides import customer_of, dialled_by, talks
from callcenter.calls.sources import Built, Live, Sources, Witness, line_of
from callcenter.calls.surveys.model import survey_of
from callcenter.calls.transfers import phone_of, transfers
from callcenter.facts import Linkedid, Uniqueid

__all__ = ["Built", "Live", "Sources", "Witness", "build", "line_of", "phone_of"]
INBOUND_CONTEXT = "cc-inbound"
TRUNK = "PJSIP/trunk"


@dataclass(frozen=True, slots=True)
class _Start:
    """The caller's side at its start; `seen` is False where CEL lost the beginning."""

    caller: Uniqueid
    at: datetime
    row: CelRow | None
    seen: bool


@dataclass(frozen=True, slots=True)
class _End:
    at: datetime
    known: bool
    pbx: Pbx


def build(sources: Sources, rules: RingRules) -> Built | None:
    """Return the call's record as far as the sources go.

    None while neither CEL nor a finished live call mentions it.
    """
    # CEL keeps the order of one channel only, and a restarted reader delivers rows again: a sorted set makes the record
    # independent of both.
    cel = sorted(set(sources.cel), key=lambda row: (row.at, row.uniqueid, row.event))
    queue = sorted(set(sources.queue), key=lambda row: (row.at, row.event, row.agent, row.data))
    witnesses = sorted(set(sources.witnesses), key=lambda witness: (witness.at, witness.kind, witness.leg))
    if not cel:
        return from_live(sources, queue)
    start = _start(cel, sources)
    caller = start.caller
    # A row of queue_log is text that a caller's number could have forged; it counts only where CEL confirms it.
    queue = believed(queue, cel, caller)
    end = _end(cel, sources, start, witnesses)
    ended = end.at if end else None
    legs = tuple(talks(cel, queue, _legs(cel, caller, ended), ended if end and end.known else None))
    seen = Seen(witnesses, sources.live)
    cut = ended if end and end.pbx is not Pbx.ALIVE else None
    offers = offers_of(cel, queue, seen, legs, caller, rules, cut)
    answered = _answered_at(cel, caller, offers)
    pbx = end.pbx if end else Pbx.ALIVE
    ours = agent_first(cel, caller)
    phone = dialled_by(start.row) if start.row and not ours else None
    # On a call that began inside, the customer's own channel shows how it ended; a transfer removes the first one.
    customer = customer_of(legs) if answered and (ours or phone) else None
    seen_from = customer.uniqueid if customer else caller
    outcome, reason = outcome_of(cel, queue, seen_from, answered is not None, pbx) if end else (None, None)
    entered = next((row for row in cel if row.uniqueid == caller and row.event == "APP_START" and _queues(row)), None)
    logged = next((row for row in queue if row.event == "ENTERQUEUE"), None)
    # The log has whole seconds; it is used where CEL does not record Queue() (cel.conf, apps=).
    queued_at = entered.at if entered else max(logged.at, start.at) if logged else None
    if ours:
        offers = (agents_own(legs, caller, seen, rules), *offers)
    # A further channel on the trunk is an external party, not an agent; on a return call it is the customer.
    inside = {leg.channel for leg in legs if not leg.channel.startswith(TRUNK) or leg.uniqueid == caller}
    hung_up = hung_up_by(cel, queue, seen_from, inside, pbx) if end else None
    if reason == CUT_OFF and _moved_on(cel, legs):
        reason = None
    if ours or phone:
        outcome, reason, hung_up = ended_inside(outcome, reason, hung_up if customer else turned(hung_up))
    survey = survey_of(cel, caller) if answered else None
    if survey and end:
        outcome, reason, hung_up = left_caller(cel, caller, survey.asked_at)
    answerer = next((offer for offer in offers if offer.outcome is OfferOutcome.ANSWERED), None)
    record = CallRecord(
        pbx=sources.pbx,
        linkedid=sources.linkedid,
        direction=_direction(start, legs, queue, sources.live),
        line=line_of(cel),
        queue=_queue(entered, logged),
        # ENTERQUEUE has the fields URL and caller number.
        caller_number=_number(start.row) if start.row else logged.datum(1) if logged else "",
        caller_name=start.row.name if start.row else "",
        called_number=number_called(cel, caller) or (start.row.exten if start.row and start.seen else ""),
        arrived_at=start.at,
        queued_at=queued_at,
        answered_at=answered,
        ended_at=ended,
        outcome=outcome,
        reason=reason,
        agent=phone or (answerer.agent if answerer else None),
        hung_up_by=hung_up,
        late=answerer.late if answerer else _late(offers),
        wait_seconds=_seconds(queued_at, answered or _left_queue(cel, caller) or ended),
        talk_seconds=_seconds(answered, survey.asked_at) if survey else _talked(answered, end, cel[-1].at),
        end_known=end is None or end.known,
        survey_asked_at=survey.asked_at if survey else None,
        survey_mark=survey.mark if survey else None,
        offers=offers,
        transfers=transfers(cel, caller),
        holds=_holds(witnesses, legs, ended),
        legs=legs,
        path=path_of(cel, caller),
        entered_number=entered_number(cel, caller),
        overflowed_to=overflowed_to(cel, caller),
        dialect=dialect_of(cel, caller),
    )
    sure = start.seen and pbx is not Pbx.UNSEEN and (requested(cel, caller) is not None or pbx is not Pbx.ALIVE)
    return Built(complete(record, sources.live, sure=sure), end is not None)


def _queue(entered: CelRow | None, logged: QueueRow | None) -> str | None:
    """The line's queue; one beside it, in which a speaker or the caller's own agent comes first, continues its name."""
    name = logged.queue if logged else entered.app_data.split(",")[0] if entered else None
    return name.partition(".")[0] if name else None


def _moved_on(cel: Sequence[CelRow], legs: Iterable[Leg]) -> bool:
    """Whether a party of this call talks on in another: a consultation ends so when the caller is transferred."""
    ended = {row.uniqueid for row in cel if row.event in ("HANGUP", "CHAN_END")}
    return any(leg.talk_seconds is not None and leg.uniqueid not in ended for leg in legs)


def _number(row: CelRow) -> str:
    """Return the number; Asterisk writes the first event before the dialplan has filtered an external number."""
    return plain_number(row.number) if row.channel.startswith(TRUNK) else row.number


def _start(cel: Sequence[CelRow], sources: Sources) -> _Start:
    """Return the start; Asterisk names a call after its first channel, whose name holds the second of its creation."""
    own = [row for row in cel if row.uniqueid == sources.linkedid]
    born = next((row for row in own if row.event == "CHAN_START"), None)
    if born is not None:
        return _Start(born.uniqueid, born.at, born, True)
    live = sources.live.record.arrived_at if sources.live else None
    at = min(live or second_of(sources.linkedid) or cel[0].at, cel[0].at)
    return _Start(sources.linkedid, at, own[0] if own else None, False)


def second_of(linkedid: Linkedid) -> datetime | None:
    """`pbx1-1795459877.2` was created in second 1795459877 of the epoch.

    None for a name that Asterisk did not generate.
    """
    second = linkedid.rpartition("-")[2].partition(".")[0]
    plausible = second.isascii() and second.isdigit() and len(second) == 10
    return datetime.fromtimestamp(int(second), UTC) if plausible else None


def _end(cel: Sequence[CelRow], sources: Sources, start: _Start, witnesses: Sequence[Witness]) -> _End | None:
    """When the call ended and by which witness; None while it may still live."""
    last = cel[-1].at
    seen = [*sources.last_seen, last]
    # CEL writes LINKEDID_END when the last channel of a linkedid has ended or moved to another linkedid (main/cel.c:
    # check_retire_linkedid). So it also ends a consultation that an attended transfer merges into the customer's call.
    closed = next((row.at for row in reversed(cel) if row.event == "LINKEDID_END"), None)
    again = min((at for at in sources.starts if at > start.at), default=None)
    # A snapshot that was taken before the last CEL row proves nothing: the call was seen after it.
    gone = any(witness.kind == "gone" and witness.at > last for witness in witnesses)
    if closed is None and again is None and not gone:
        return None
    source = requested(cel, start.caller)
    if closed is not None or source is not None:
        at = closed or last
        stopped = source == "" and stopping(at, sources.starts, sources.stops, seen)
        return _End(at, True, Pbx.STOPPED if stopped else Pbx.ALIVE)
    live = sources.live.record if sources.live else None
    if live is not None and live.ended_at is not None and live.end_known:
        return _End(max(live.ended_at, last), True, Pbx.UNSEEN)
    # No channel survives its Asterisk: a later start ends the call at the last time that the old one was seen.
    if again is not None:
        return _End(max([at for at in seen if at <= again], default=last), False, Pbx.DIED)
    return _End(last, False, Pbx.UNSEEN)


def _talked(answered: datetime | None, end: _End | None, last: datetime) -> float | None:
    """Seconds of talk; None where nothing was seen after the call's own last event, which is no talk of length 0."""
    if answered is None or end is None or (not end.known and end.at <= last):
        return None
    return _seconds(answered, end.at)


def _left_queue(cel: Sequence[CelRow], caller: Uniqueid) -> datetime | None:
    """The last time: an empty queue is left and entered again while the caller keeps hearing the same ringing."""
    left = (row.at for row in reversed(cel) if row.uniqueid == caller and row.event == "APP_END" and _queues(row))
    return next(left, None)


def _queues(row: CelRow) -> bool:
    return row.app == "Queue"


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round(max(0.0, (end - start).total_seconds()), 3)


def _legs(cel: Sequence[CelRow], caller: Uniqueid, ended: datetime | None) -> tuple[Leg, ...]:
    rows: dict[Uniqueid, list[CelRow]] = {}
    for row in cel:
        rows.setdefault(row.uniqueid, []).append(row)
    return tuple(_leg(uniqueid, own, caller, ended) for uniqueid, own in rows.items())


def _leg(uniqueid: Uniqueid, rows: Sequence[CelRow], caller: Uniqueid, ended: datetime | None) -> Leg:
    # apps/app_queue.c: ring_entry gives its channels this application name; those of a Dial() have another.
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


def _direction(start: _Start, legs: Iterable[Leg], queue: Sequence[QueueRow], live: Live | None) -> Direction:
    first = start.row
    if not start.seen and live is not None:
        return live.record.direction
    if first is None:
        return Direction.INBOUND if any(row.event == "ENTERQUEUE" for row in queue) else Direction.INTERNAL
    if first.context == INBOUND_CONTEXT or first.channel.startswith(TRUNK):
        return Direction.INBOUND
    outside = any(leg.channel.startswith(TRUNK) for leg in legs if leg.uniqueid != first.uniqueid)
    return Direction.OUTBOUND if outside else Direction.INTERNAL


def _answered_at(cel: Sequence[CelRow], caller: Uniqueid, offers: Iterable[Offer]) -> datetime | None:
    # The caller's channel is answered for greetings and messages too, so only a phone's answer counts.
    answered = [offer.ended_at for offer in offers if offer.outcome is OfferOutcome.ANSWERED and offer.ended_at]
    if answered:
        return min(answered)
    # Without a queue, two channels in a bridge are a conversation.
    talked = {row.uniqueid for row in cel if row.event == "BRIDGE_ENTER"}
    if caller not in talked or len(talked) < 2:
        return None
    return next(row.at for row in cel if row.event == "BRIDGE_ENTER" and row.uniqueid == caller)


def _late(offers: Sequence[Offer]) -> bool | None:
    """An unanswered call is late when a phone rang past the limit; unknown when that cannot be ruled out."""
    if any(offer.late for offer in offers):
        return True
    return None if not offers or any(offer.late is None for offer in offers) else False


def _holds(witnesses: Sequence[Witness], legs: Iterable[Leg], ended: datetime | None) -> tuple[Hold, ...]:
    """Return who held whom and how long.

    A party that holds and leaves, as by a transfer, no longer holds; no event reports that.
    """
    left = {leg.uniqueid: leg.ended_at for leg in legs}
    held: dict[Uniqueid, datetime] = {}
    holds: list[Hold] = []
    for witness in witnesses:
        if witness.kind == "held":
            held.setdefault(witness.leg, witness.at)
        elif witness.kind == "resumed" and witness.leg in held:
            holds.append(Hold(held.pop(witness.leg), witness.at, witness.leg))
    holds.extend(Hold(at, left.get(leg) or ended, leg) for leg, at in held.items())
    return tuple(sorted(holds, key=lambda hold: (hold.started_at, hold.by)))
