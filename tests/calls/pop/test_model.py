"""Tests what a screen pop is composed of, on plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from callcenter.calls.model import CallRecord, Direction, Outcome, PathStep
from callcenter.calls.pop.model import Dossier, LineNow, pop_of
from callcenter.facts import linkedid_of

NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
MORNING = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
NUMBER = "13974812001"
CALL = CallRecord("pbx1", linkedid_of("pbx1-9.9"), Direction.INBOUND, "orders", "orders", NUMBER, "", "4001", NOON)
LINE = LineNow({"zh-CN": "订购热线"}, "zh-CN")


def earlier(number: int, before: timedelta, outcome: Outcome, direction: Direction = Direction.INBOUND) -> CallRecord:
    at = NOON - before
    return replace(CALL, linkedid=linkedid_of(f"pbx1-{number}.1"), arrived_at=at, outcome=outcome, direction=direction)


def dossier(*calls: CallRecord, number: str = NUMBER) -> Dossier:
    return Dossier(number, NOON, MORNING, calls=calls)


def test_the_calls_of_today_are_counted_with_this_one_and_those_that_gave_up() -> None:
    calls = (
        CALL,
        earlier(1, timedelta(minutes=3), Outcome.ABANDONED),
        earlier(2, timedelta(hours=2), Outcome.ABANDONED),
        earlier(3, timedelta(hours=3), Outcome.ANSWERED, Direction.OUTBOUND),
        earlier(4, timedelta(days=1), Outcome.ABANDONED),
    )
    pop = pop_of(CALL, "1001", dossier(*calls), LINE)
    assert (pop["attempts_today"], pop["gave_up_today"]) == (3, 2)
    assert [call["id"] for call in pop["last_calls"]] == ["pbx1-1.1", "pbx1-2.1", "pbx1-3.1", "pbx1-4.1"]


def test_only_the_last_five_calls_are_shown() -> None:
    calls = [earlier(number, timedelta(days=number), Outcome.ANSWERED) for number in range(1, 9)]
    assert len(pop_of(CALL, "1001", dossier(*calls), LINE)["last_calls"]) == 5


def test_the_line_its_language_and_the_callers_path_are_in_the_pop() -> None:
    asked = replace(CALL, path=(PathStep(NOON, "menu", "2", "orders"),))
    pop = pop_of(asked, "1001", dossier(), LINE)
    assert (pop["line_names"], pop["language"]) == ({"zh-CN": "订购热线"}, "zh-CN")
    assert [step["keys"] for step in pop["path"]] == ["2"]


def test_how_the_caller_was_identified_is_stated_and_never_guessed() -> None:
    withheld = replace(CALL, caller_number="")
    entered = replace(withheld, entered_number=NUMBER)
    assert pop_of(CALL, "1001", dossier(), LINE)["identified_by"] == "number"
    assert pop_of(entered, "1001", dossier(), LINE)["identified_by"] == "entered_number"
    unknown = pop_of(withheld, "1001", dossier(number=""), LINE)
    assert (unknown["identified_by"], unknown["number"], unknown["customers"]) == ("none", "", [])
