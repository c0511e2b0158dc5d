"""Tests the reception's decision about a caller, by the policy's rules."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.hours import ALWAYS_OPEN, BadHours, OpeningHours, read_windows
from ivr.reception import Action, Customer, Decision, Line, Reason, Standing, decide, known_number

HUNAN = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 23, 10, 0, tzinfo=HUNAN)
ORDERS = Line("orders", "orders-zh")


def decided(
    *,
    caller: str | None = "13800138000",
    line: Line | None = ORDERS,
    at: datetime = AT,
    open: bool = True,
    duty: frozenset[str] = frozenset({"1001"}),
    customer: Customer | None = None,
) -> Decision:
    return decide(caller, line, at, open, duty, customer)


def test_an_open_line_with_an_agent_on_duty_queues_the_caller_after_the_greeting() -> None:
    assert decided() == Decision(Action.QUEUE, "orders-zh", 0, "cc/greeting", "zh")


def test_R3_outside_hours_the_caller_hears_so_and_the_call_has_a_reason() -> None:
    decision = decided(open=False)
    assert (decision.action, decision.greeting, decision.reason) == (Action.CLOSED, "cc/closed", Reason.OUTSIDE_HOURS)


def test_R3_R4_without_an_agent_on_duty_the_caller_hears_it_and_the_missed_call_has_a_reason() -> None:
    decision = decided(duty=frozenset())
    assert (decision.action, decision.greeting, decision.reason) == (
        Action.NO_AGENT,
        "cc/nobody",
        Reason.NOBODY_ON_DUTY,
    )


def test_R3_an_unknown_number_is_refused_with_a_reason() -> None:
    decision = decided(line=None)
    assert (decision.action, decision.reason) == (Action.REJECT, Reason.UNKNOWN_LINE)


@pytest.mark.parametrize(("standing", "priority"), [("ordinary", 0), ("vip", 10), ("key_account", 20)])
def test_a_key_account_and_a_vip_go_forward_in_the_queue(standing: str, priority: int) -> None:
    assert decided(customer=Customer(Standing(standing))).priority == priority


@given(
    caller=st.none() | st.text(max_size=40),
    at=st.datetimes(timezones=st.just(HUNAN)),
    duty=st.frozensets(st.text("0123456789", min_size=1, max_size=4), min_size=1),
    known=st.booleans(),
)
def test_R11_nothing_about_the_caller_but_their_standing_changes_the_treatment(
    caller: str | None, at: datetime, duty: frozenset[str], known: bool
) -> None:
    """Known or unknown, hidden number or not, busy or quiet hour: the same decision."""
    customer = Customer() if known else None
    assert decided(caller=caller, at=at, duty=duty, customer=customer) == decided(customer=None)


def test_R11_standing_changes_the_place_in_the_queue_and_nothing_else() -> None:
    for standing, open_, duty in product(Standing, (True, False), (frozenset({"1001"}), frozenset[str]())):
        vip = decided(customer=Customer(standing), open=open_, duty=duty)
        other = decided(open=open_, duty=duty)
        assert (vip.action, vip.queue, vip.greeting, vip.language, vip.reason) == (
            other.action,
            other.queue,
            other.greeting,
            other.language,
            other.reason,
        )


def test_a_line_for_key_accounts_has_priority_for_all_its_callers() -> None:
    line = Line("vip", "vip", priority=15, greeting="cc/greeting-vip")
    assert decided(line=line).priority == decided(line=line, customer=Customer(Standing.VIP)).priority == 15
    assert decided(line=line, customer=Customer(Standing.KEY_ACCOUNT)).priority == 20
    assert decided(line=line).greeting == "cc/greeting-vip"


def test_the_line_sets_the_language() -> None:
    assert decided(line=Line("export", "export", "en")).language == "en"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("(0731) 8888 6666", "073188886666"),
        ("", None),
        ("anonymous", None),
        ("Anonymous", None),
        ("unknown", None),
        ("<unknown>", None),
        ("'; DROP TABLE calls;--", None),
        ("９９", None),
        ("9" * 4096, None),
    ],
)
def test_a_number_is_read_or_the_caller_is_anonymous(text: str, number: str | None) -> None:
    assert known_number(text) == number


# --- opening hours ---

HOURS = OpeningHours(read_windows(["mon-fri 09:00-18:00", "sat 10:00-12:00"]))
NIGHT = OpeningHours(read_windows(["fri-sat 22:00-02:00"]))


@pytest.mark.parametrize(
    ("hours", "local", "is_open"),
    [
        (HOURS, "2026-11-23 08:59:59", False),
        (HOURS, "2026-11-23 09:00:00", True),
        (HOURS, "2026-11-23 17:59:59", True),
        (HOURS, "2026-11-23 18:00:00", False),
        (HOURS, "2026-11-28 11:00:00", True),
        (HOURS, "2026-11-29 11:00:00", False),
        (NIGHT, "2026-11-27 23:00:00", True),
        (NIGHT, "2026-11-28 01:59:59", True),
        (NIGHT, "2026-11-28 02:00:00", False),
        (NIGHT, "2026-11-29 01:00:00", True),
        (NIGHT, "2026-11-27 01:00:00", False),
        (ALWAYS_OPEN, "2026-11-29 03:00:00", True),
        (OpeningHours(read_windows(["sun 00:00-24:00"])), "2026-11-29 23:59:59", True),
        (OpeningHours(read_windows(["sun 00:00-24:00"])), "2026-11-30 00:00:00", False),
        (OpeningHours(read_windows(["sun-mon 00:00-24:00"])), "2026-11-30 12:00:00", True),
    ],
)
def test_the_line_is_open_by_the_clock_on_the_wall(hours: OpeningHours, local: str, is_open: bool) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=HUNAN)
    assert hours.open_at(at) is is_open
    assert hours.open_at(at.astimezone(ZoneInfo("UTC"))) is is_open


@pytest.mark.parametrize(
    "text", ["", "mon", "mon 9-18", "holiday 09:00-18:00", "mon 09:00-18:00-20:00", "mon 25:00-26:00"]
)
def test_hours_that_cannot_be_read_are_refused_with_the_text(text: str) -> None:
    with pytest.raises(BadHours) as refused:
        read_windows([text])
    assert refused.value.facts["text"] == text


def blocked(*lines: tuple[str, float]) -> Customer:
    """A caller whom these lines do not take, each for so many seconds from now."""
    return Customer(Standing.VIP, blocked=tuple((line, int(AT.timestamp() + seconds)) for line, seconds in lines))


@pytest.mark.parametrize("lines", [[("", 60.0)], [("orders", 60.0)], [("sales", 60.0), ("orders", 1.0)]])
@pytest.mark.parametrize("open", [True, False])
def test_R3_a_blocked_caller_is_refused_with_a_reason_whatever_else_is_so(
    lines: list[tuple[str, float]], open: bool
) -> None:
    decision = decided(customer=blocked(*lines), open=open, duty=frozenset())
    assert (decision.action, decision.greeting, decision.reason) == (Action.BLOCKED, "cc/blocked", Reason.BLOCKED)


@pytest.mark.parametrize("lines", [[], [("", -1.0)], [("orders", 0.0)], [("sales", 60.0)]])
def test_a_block_that_has_ended_or_is_another_lines_changes_nothing(lines: list[tuple[str, float]]) -> None:
    assert decided(customer=blocked(*lines)).action is Action.QUEUE


def test_R8_the_dialect_on_file_and_the_team_reach_the_dialplan() -> None:
    assert decided(customer=Customer(dialect="xiang-changsha")).dialect == "xiang-changsha"
    assert decided(customer=Customer(Standing.KEY_ACCOUNT)).team
    assert not decided(customer=Customer()).team
    assert not decided(customer=None).team
