"""Tests the record of a return call: the agent's phone is the first channel, the customer is on the caller's side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.asterisk.cel import CelRow
from callcenter.calls.model import CallRecord, Direction, HungUpBy, OfferOutcome, Outcome
from callcenter.calls.record import Sources, build
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.calls.transfers import transfers
from callcenter.facts import Uniqueid, linkedid_of

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
INTENT, CUSTOMER = "a" * 32, "pbx1-1795474881.1"
RULES = RingRules(3, cadence_of("cn"))


def row(event: str, second: float, leg: str = INTENT, **more: object) -> CelRow:
    own = leg == INTENT
    values: dict[str, object] = {
        "event": event,
        "user_event": "",
        "at": AT + timedelta(seconds=second),
        "name": "",
        "number": "1001",
        "exten": "s",
        "context": "cc-phones" if own else "cc-inbound",
        "channel": "PJSIP/1001-00000000" if own else "PJSIP/trunk-00000001",
        "app": "",
        "app_data": "",
        "account": "",
        "uniqueid": leg,
        "linkedid": INTENT,
        "peer": "",
        "extra": {},
    }
    return CelRow(**(values | more))  # type: ignore[arg-type]


def record(*rows: CelRow) -> CallRecord:
    built = build(Sources("pbx1", linkedid_of(INTENT), rows), RULES)
    assert built is not None
    assert built.final
    return built.record


RANG = (row("CHAN_START", 0), row("ANSWER", 2, app="AppDial2"))
CALLED = (
    row("USER_DEFINED", 2.1, user_event="cc_callback", exten="13974800001", context="cc-callback", account="sales"),
    row("APP_START", 2.2, app="Dial", context="cc-callback", account="sales"),
    row("CHAN_START", 2.3, CUSTOMER),
)


def ends(second: float, source: str) -> tuple[CelRow, ...]:
    extra = {"hangupcause": "16", "hangupsource": source}
    return (
        row("HANGUP", second, CUSTOMER, app="AppDial", extra=extra),
        row("HANGUP", second, app="AppDial2", extra=extra),
        row("LINKEDID_END", second + 0.1),
    )


def test_a_return_call_names_the_customer_the_line_the_agent_and_their_ring() -> None:
    talk = (row("ANSWER", 5, CUSTOMER), row("BRIDGE_ENTER", 5, CUSTOMER), row("BRIDGE_ENTER", 5.1))
    result = record(*RANG, *CALLED, *talk, *ends(65, "PJSIP/trunk-00000001"))
    assert (result.direction, result.called_number, result.line) == (Direction.OUTBOUND, "13974800001", "sales")
    assert (result.outcome, result.agent, result.talk_seconds) == (Outcome.ANSWERED, "1001", 60.0)
    assert [(offer.agent, offer.outcome) for offer in result.offers] == [("1001", OfferOutcome.ANSWERED)]
    assert result.hung_up_by is HungUpBy.CALLER


def test_R5_an_agent_who_hangs_up_first_is_the_agent_in_a_return_call_too() -> None:
    talk = (row("ANSWER", 5, CUSTOMER), row("BRIDGE_ENTER", 5, CUSTOMER), row("BRIDGE_ENTER", 5.1))
    result = record(*RANG, *CALLED, *talk, *ends(65, "PJSIP/1001-00000000"))
    assert result.hung_up_by is HungUpBy.AGENT


def test_the_result_of_dial_is_the_reason() -> None:
    outcome = row("USER_DEFINED", 7, user_event="cc_outcome", extra={"extra": "failed:busy-17"})
    result = record(*RANG, *CALLED, outcome, *ends(7.1, "dialplan/builtin"))
    assert (result.outcome, result.reason, result.answered_at) == (Outcome.FAILED, "busy-17", None)


def test_an_unanswered_agents_phone_calls_no_customer() -> None:
    extra = {"hangupcause": "0", "hangupsource": ""}
    result = record(row("CHAN_START", 0), row("HANGUP", 30, app="AppDial2", extra=extra), row("LINKEDID_END", 30.1))
    assert (result.direction, result.outcome, result.agent) == (Direction.INTERNAL, Outcome.FAILED, None)
    assert [offer.outcome for offer in result.offers] == [OfferOutcome.NO_ANSWER]


def passed_on(*later: CelRow, transferee: str = CUSTOMER) -> str | None:
    """The result of a blind transfer by the agent, whose own channel is the first one of the call."""
    extra = {"extension": "1002", "context": "cc-transfer", "transferee_channel_uniqueid": transferee}
    (transfer,) = transfers([row("BLINDTRANSFER", 10, extra=extra), *later], Uniqueid(INTENT))
    assert (transfer.kind, transfer.by, transfer.target) == ("blind", "1001", "1002")
    return transfer.result


def test_a_dialled_call_that_is_passed_on_has_the_result_of_the_transfer() -> None:
    joined = row("BRIDGE_ENTER", 15, CUSTOMER, peer="PJSIP/1002-00000003")
    busy = row("USER_DEFINED", 12, CUSTOMER, user_event="cc_transfer", extra={"extra": "failed:BUSY:17:1002@x"})
    assert passed_on(joined) == "answered"
    assert passed_on(busy, joined) == "busy"
    # What no witness has is unknown: the customer hung up first, or another channel was joined.
    assert passed_on() is None
    assert passed_on(row("BRIDGE_ENTER", 15, "pbx1-1.9", peer="PJSIP/1002-00000003")) is None
    assert passed_on(joined, transferee="N/A") is None
