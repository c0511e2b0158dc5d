"""Builds one call's record from all its sources. Pure, and independent of the order of the sources.

Sources: CEL rows of the linkedid, queue_log rows of its caller, what AMI witnessed, starts and stops of Asterisk. Each
witness contributes what it has: a file that lost lines does not outweigh one that has them. A call is final at its
LINKEDID_END, at the end of its Asterisk, or once a snapshot no longer has it.

An attended transfer merges two linkedids: the customer's call goes on under its own, and the consultation is an
internal call of its own that ends with the merge; its channels appear as further legs of the customer's call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callcenter.asterisk.cel import CelRow, plain_number
from callcenter.asterisk.queue_log import QueueRow
from callcenter.calls.believed import believed
from callcenter.calls.bounds import End, Start, end_of, start_of
from callcenter.calls.endings import CUT_OFF, Pbx, hung_up_by, left_caller, outcome_of, requested
from callcenter.calls.holding import hold_seconds
from callcenter.calls.live_witness import complete, from_live
from callcenter.calls.model import CallRecord, Direction, Hold, HungUpBy, Leg, Offer, OfferOutcome, Outcome
from callcenter.calls.offered import Seen, agents_own, offers_of
from callcenter.calls.outgoing import agent_first, ended_inside, number_called, turned
from callcenter.calls.paths import dialect_of, entered_number, overflowed_to, path_of
from callcenter.calls.rules import RingRules
from callcenter.calls.sides import customer_of, dialled_by, talks
from callcenter.calls.sources import Built, Live, Sources, Witness, line_of
from callcenter.calls.surveys.model import Survey, survey_of
from callcenter.calls.transfers import phone_of, transfers
from callcenter.facts import Uniqueid, is_phone_code

__all__ = ["Built", "Live", "Sources", "Witness", "build", "line_of", "phone_of"]
INBOUND_CONTEXT = "cc-inbound"
TRUNK = "PJSIP/trunk"


@dataclass(frozen=True, slots=True)
class _Course:
    """What the sources show of a call, before its record is written; rows in order, the end None while it may live."""

    cel: Sequence[CelRow]
    queue: Sequence[QueueRow]
    start: Start
    end: End | None
    legs: tuple[Leg, ...]
    offers: tuple[Offer, ...]
    answered_at: datetime | None
    survey: Survey | None
    phone: str | None
    """The phone that dialled, on a call that began inside and not with a return call's own agent."""
    by_agent: bool
    """Whether the service rang its agent first, as a return call does."""

    @property
    def ended_at(self) -> datetime | None:
        return self.end.at if self.end else None

    @property
    def pbx(self) -> Pbx:
        return self.end.pbx if self.end else Pbx.ALIVE


@dataclass(frozen=True, slots=True)
class _Ending:
    """How the call ended; None throughout while it may still live."""

    outcome: Outcome | None
    reason: str | None
    hung_up_by: HungUpBy | None


def build(sources: Sources, rules: RingRules) -> Built | None:
    """Return the call's record as far as the sources go.

    None while neither CEL nor a finished live call mentions it, and for a code that an agent dialled (D4): nobody
    spoke with anyone.
    """
    # CEL keeps the order of one channel only, and a restarted reader delivers rows again: a sorted set makes the record
    # independent of both.
    cel = sorted(set(sources.cel), key=lambda row: (row.at, row.uniqueid, row.event))
    queue = sorted(set(sources.queue), key=lambda row: (row.at, row.event, row.agent, row.data))
    witnesses = sorted(set(sources.witnesses), key=lambda witness: (witness.at, witness.kind, witness.leg))
    if not cel:
        return from_live(sources, queue)
    course = _course(cel, queue, witnesses, sources, rules)
    if course.start.row is not None and is_phone_code(course.start.row.context, course.start.row.exten):
        return None
    record = _record(course, sources, witnesses)
    asked_to_end = requested(cel, course.start.caller) is not None
    sure = course.start.seen and course.pbx is not Pbx.UNSEEN and (asked_to_end or course.pbx is not Pbx.ALIVE)
    record = complete(record, sources.live, sure=sure)
    return Built(replace(record, hold_seconds=hold_seconds(record, sources.live)), course.end is not None)


def _course(
    cel: Sequence[CelRow],
    queue: Sequence[QueueRow],
    witnesses: Sequence[Witness],
    sources: Sources,
    rules: RingRules,
) -> _Course:
    start = start_of(cel, sources)
    caller = start.caller
    # A row of queue_log is text that a caller's number could have forged; it counts only where CEL confirms it.
    queue = believed(queue, cel, caller)
    end = end_of(cel, sources, start, witnesses)
    ended = end.at if end else None
    legs = tuple(talks(cel, queue, _legs(cel, caller, ended), ended if end and end.known else None))
    seen = Seen(witnesses, sources.live)
    cut = ended if end and end.pbx is not Pbx.ALIVE else None
    offers = offers_of(cel, queue, seen, legs, caller, rules, cut)
    answered = _answered_at(cel, caller, offers)
    by_agent = agent_first(cel, caller)
    return _Course(
        cel=cel,
        queue=queue,
        start=start,
        end=end,
        legs=legs,
        offers=(agents_own(legs, caller, seen, rules), *offers) if by_agent else offers,
        answered_at=answered,
        survey=survey_of(cel, caller) if answered else None,
        phone=dialled_by(start.row) if start.row and not by_agent else None,
        by_agent=by_agent,
    )


def _ending(course: _Course) -> _Ending:
    """How the call ended; a call that began inside is judged from the customer's side."""
    if course.end is None:
        return _Ending(None, None, None)
    cel, queue, caller, pbx = course.cel, course.queue, course.start.caller, course.pbx
    answered = course.answered_at is not None
    began_inside = course.by_agent or course.phone is not None
    # On a call that began inside, the customer's own channel shows how it ended; a transfer removes the first one.
    customer = customer_of(course.legs) if answered and began_inside else None
    seen_from = customer.uniqueid if customer else caller
    outcome, reason = outcome_of(cel, queue, seen_from, answered, pbx)
    # A further channel on the trunk is an external party, not an agent; on a return call it is the customer.
    inside = {leg.channel for leg in course.legs if not leg.channel.startswith(TRUNK) or leg.uniqueid == caller}
    hung_up = hung_up_by(cel, queue, seen_from, inside, pbx)
    if reason == CUT_OFF and _moved_on(cel, course.legs):
        reason = None
    if course.survey:
        return _Ending(*left_caller(cel, caller, course.survey.asked_at))
    if began_inside:
        return _Ending(*ended_inside(outcome, reason, hung_up if customer else turned(hung_up)))
    return _Ending(outcome, reason, hung_up)


def _record(course: _Course, sources: Sources, witnesses: Sequence[Witness]) -> CallRecord:
    cel, start, caller, survey = course.cel, course.start, course.start.caller, course.survey
    entered = next((row for row in cel if row.uniqueid == caller and row.event == "APP_START" and _queues(row)), None)
    logged = next((row for row in course.queue if row.event == "ENTERQUEUE"), None)
    # The log has whole seconds; it is used where CEL does not record Queue() (cel.conf, apps=).
    queued_at = entered.at if entered else max(logged.at, start.at) if logged else None
    answerer = next((offer for offer in course.offers if offer.outcome is OfferOutcome.ANSWERED), None)
    ending = _ending(course)
    return CallRecord(
        pbx=sources.pbx,
        linkedid=sources.linkedid,
        direction=_direction(start, course.legs, course.queue, sources.live),
        line=line_of(cel),
        queue=_queue(entered, logged),
        # ENTERQUEUE has the fields URL and caller number.
        caller_number=_number(start.row) if start.row else logged.datum(1) if logged else "",
        caller_name=start.row.name if start.row else "",
        called_number=number_called(cel, caller) or (start.row.exten if start.row and start.seen else ""),
        arrived_at=start.at,
        queued_at=queued_at,
        answered_at=course.answered_at,
        ended_at=course.ended_at,
        outcome=ending.outcome,
        reason=ending.reason,
        agent=course.phone or (answerer.agent if answerer else None),
        hung_up_by=ending.hung_up_by,
        late=answerer.late if answerer else _late(course.offers),
        wait_seconds=_seconds(queued_at, course.answered_at or _left_queue(cel, caller) or course.ended_at),
        talk_seconds=_talk_seconds(course),
        end_known=course.end is None or course.end.known,
        survey_asked_at=survey.asked_at if survey else None,
        survey_mark=survey.mark if survey else None,
        offers=course.offers,
        transfers=transfers(cel, caller),
        holds=_holds(witnesses, course.legs, course.ended_at),
        legs=course.legs,
        path=path_of(cel, caller),
        entered_number=entered_number(cel, caller),
        overflowed_to=overflowed_to(cel, caller),
        dialect=dialect_of(cel, caller),
    )


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


def _talk_seconds(course: _Course) -> float | None:
    """Seconds of talk; None where nothing was seen after the call's own last event, which is no talk of length 0."""
    answered, end = course.answered_at, course.end
    if course.survey:
        return _seconds(answered, course.survey.asked_at)
    if answered is None or end is None or (not end.known and end.at <= course.cel[-1].at):
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


def _direction(start: Start, legs: Iterable[Leg], queue: Sequence[QueueRow], live: Live | None) -> Direction:
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
