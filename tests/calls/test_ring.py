"""Tests R1: what a ring is, when the third one has passed, and what is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls import ring

BEGAN = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
CN = ring.CADENCES["cn"]


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


@pytest.mark.parametrize(("seconds", "tones"), [(-0.001, 0), (0, 1), (4.999, 1), (5, 2), (14.999, 3), (15, 4)])
def test_R1_a_ring_begins_with_its_tone(seconds: float, tones: int) -> None:
    assert ring.tones_begun(BEGAN, after(seconds), CN) == tones


@pytest.mark.parametrize(
    ("country", "third_tone_ends", "fourth_ring"),
    [
        ("us", 14, 18),
        ("at", 13, 18),
        ("CN", 11, 15),
        ("fr", 11.5, 15),
        ("es", 10.5, 13.5),
        ("be", 9, 12),
        ("gb", 7, 9),
        ("jp", 7, 9),
    ],
)
def test_R1_each_country_has_its_own_third_ring(country: str, third_tone_ends: float, fourth_ring: float) -> None:
    cadence = ring.cadence_of(country)
    assert ring.late_at(BEGAN, 3, cadence) == after(third_tone_ends)
    assert ring.tones_begun(BEGAN, after(fourth_ring), cadence) == 4
    assert ring.tones_begun(BEGAN, after(fourth_ring) - timedelta(microseconds=1), cadence) == 3


def test_R1_an_answer_on_ring_three_is_in_time_and_on_ring_four_late() -> None:
    assert not ring.is_late(ring.tones_begun(BEGAN, after(14.9), CN), 3)
    assert ring.is_late(ring.tones_begun(BEGAN, after(15), CN), 3)


def test_R1_the_call_moves_on_at_the_start_of_the_fourth_ring_in_whole_seconds() -> None:
    assert ring.move_on_seconds(4, CN) == 15
    assert ring.move_on_seconds(4, ring.CADENCES["es"]) == 14
    assert ring.move_on_seconds(1, CN) == 1


def test_an_unknown_country_is_refused_by_name() -> None:
    with pytest.raises(ring.UnknownCountry) as refused:
        ring.cadence_of("xx")
    assert refused.value.code == "unknown_cadence_country"
