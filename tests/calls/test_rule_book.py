"""Tests the rule book: the floor, the file reader and the flags apply a change of lines at the same time."""

from __future__ import annotations

from callcenter.calls.ring import CADENCES
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.facts import LineCode, QueueCode
from tests.calls.test_floor import CALL, arrives, at, new_floor, play


def test_R1_a_line_without_rules_of_its_own_has_those_of_the_centre() -> None:
    book = RuleBook()
    own = RingRules(5, CADENCES["us"])
    book.replace({LineCode("hot"): own})
    assert (book.for_line("hot"), book.for_line("cold"), book.for_line(None)) == (own, book.ring, book.ring)


def test_R1_a_line_that_is_gone_loses_its_rules() -> None:
    book = RuleBook()
    book.replace({LineCode("hot"): RingRules(5)}, {QueueCode("food"): 6})
    assert (book.for_line("hot").limit, book.limit_of_queue("food")) == (5, 6)
    book.replace({})
    assert (book.for_line("hot").limit, book.limit_of_queue("food")) == (3, 3)


def test_R1_the_floor_reads_a_change_of_the_lines_at_the_next_call() -> None:
    floor = new_floor()
    floor.rules.replace({LineCode("hot"): RingRules(5, CADENCES["us"])}, {QueueCode("food"): 6})
    play(floor, arrives())
    call = floor.calls[CALL]
    assert (call.limit, call.cadence) == (6, CADENCES["us"])
    assert not floor.due(at(20)), "the sixth American ring is far away"
