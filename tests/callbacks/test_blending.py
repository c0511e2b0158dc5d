"""Tests return calls between incoming ones: neither starves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.callbacks.blending import Blending, QueueLoad, room_for, urgent
from callcenter.callbacks.choosing import Candidate, Choosing, Why, why_not
from callcenter.callbacks.model import Callback, Source, State
from callcenter.callbacks.rulebook import rulebook_of
from callcenter.settings import CallbackSettings, Settings
from tests.callbacks.centre import TEN, candidate

RULES = rulebook_of(Settings(callbacks=CallbackSettings()))
ITEM = Callback(
    "1",
    State.QUEUED,
    1,
    Source.ABANDONED,
    "+8613974800001",
    "orders",
    None,
    "ordinary",
    None,
    False,
    TEN,
    TEN,
    TEN + timedelta(hours=10),
    TEN,
    None,
    None,
    None,
    0,
    ("Asia/Shanghai",),
)


@given(
    waiting=st.integers(0, 30),
    free=st.integers(0, 30),
    late=st.integers(0, 3000),
    promised=st.booleans(),
    on_duty=st.integers(0, 40),
    returning=st.integers(0, 40),
)
def test_whatever_the_queue_overdue_and_promised_return_calls_get_an_agent(
    waiting: int, free: int, late: int, promised: bool, on_duty: int, returning: int
) -> None:
    rules, item = Blending(), replace(ITEM, promised=promised)
    now = TEN + timedelta(minutes=late)
    share = late >= 30 and returning < max(1, on_duty // 5)
    if room_for(item, QueueLoad(waiting, free, on_duty, returning), now, rules):
        assert waiting == 0 or urgent(item, now, rules) or share
    else:
        assert waiting > 0
        assert not promised
        assert not share
        assert late < 240


@pytest.mark.parametrize(
    ("late", "on_duty", "returning", "share", "room"),
    [
        (29, 10, 0, 0.2, False),
        (30, 10, 0, 0.2, True),
        (30, 10, 1, 0.2, True),
        (30, 10, 2, 0.2, False),
        (30, 3, 0, 0.2, True),
        (30, 3, 1, 0.2, False),
        (239, 10, 0, 0.0, False),
        (240, 10, 9, 0.0, True),
    ],
)
def test_in_a_busy_centre_overdue_return_calls_get_a_share_of_the_agents(
    late: int, on_duty: int, returning: int, share: float, room: bool
) -> None:
    busy = QueueLoad(waiting=25, free=0, on_duty=on_duty, returning=returning)
    assert room_for(ITEM, busy, TEN + timedelta(minutes=late), Blending(aged_share=share)) is room


def test_a_centre_may_require_more_free_agents_and_limit_even_urgent_return_calls() -> None:
    rules = Blending(least_free=3, urgent_most_waiting=5)
    assert not room_for(ITEM, QueueLoad(0, 2), TEN, rules)
    assert room_for(ITEM, QueueLoad(0, 3), TEN, rules)
    promised = replace(ITEM, promised=True)
    assert room_for(promised, QueueLoad(5, 0), TEN, rules)
    assert not room_for(promised, QueueLoad(6, 0), TEN, rules)


@pytest.mark.parametrize(
    ("item", "agent", "why"),
    [
        (replace(ITEM, preferred="1009"), candidate("1001"), Why.KEPT_FOR_OWNER),
        (replace(ITEM, preferred="1009"), candidate("1009"), None),
        (replace(ITEM, preferred="1009"), candidate("1001", leads=True), None),
        (replace(ITEM, standing="vip"), candidate("1001"), Why.KEPT_FOR_TEAM),
        (replace(ITEM, standing="key_account"), candidate("1007"), None),
        (replace(ITEM, state=State.DONE), candidate("1001"), Why.NOT_WAITING),
        (replace(ITEM, may_from=TEN + timedelta(minutes=1)), candidate("1001"), Why.NOT_YET),
        (replace(ITEM, zones=("America/New_York",)), candidate("1001"), Why.QUIET_HOURS),
        (replace(ITEM, language="en"), candidate("1001", zh_cn=5), Why.LANGUAGE),
    ],
)
def test_a_refused_claim_names_its_reason(item: Callback, agent: Candidate, why: Why | None) -> None:
    rules = Choosing(team=frozenset({"1007"}))
    assert why_not(item, agent, TEN, RULES.hours, "CN", QueueLoad(), rules) is why


def test_a_reserved_return_call_opens_to_all_agents_after_a_while() -> None:
    item = replace(ITEM, preferred="1009")
    later = TEN + timedelta(minutes=31)
    assert why_not(item, candidate("1001"), later, RULES.hours, "CN", QueueLoad(), Choosing()) is None
