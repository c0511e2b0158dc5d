"""Tests how calls sound: the score, the sums, and who may report and read it, on both databases."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from callcenter.calls.access import NotYourCall
from callcenter.calls.control.errors import CallOver
from callcenter.calls.effects import AgentNow
from callcenter.calls.model import CallRecord
from callcenter.calls.quality.errors import BadSample, QualityFull
from callcenter.calls.quality.model import MOST, Cause, Sample, figures, measured, mos
from callcenter.calls.quality.service import CallQuality
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.settings.policy import PolicySettings
from callcenter.storage.database import Database
from tests.calls.test_floor import CALL, answers, arrives, at, ends, new_floor, play, record, rings
from tests.support.rooms import BOSS, SetClock, person

LILEI, HANMEI = person("1001"), person("1002")


def sample(second: int, seconds: int = 10, **values: float | Cause) -> Sample:
    known = {"rtt_ms": 40.0, "jitter_ms": 5.0, "loss_percent": 0.0, "cause": Cause.GOOD, **values}
    return Sample(at=at(second), seconds=seconds, **known)  # type: ignore[arg-type]


def test_a_good_network_scores_as_a_telephone_and_each_trouble_costs() -> None:
    assert 4.3 < mos(20, 2, 0) < 4.5
    assert mos(20, 2, 0) > mos(300, 2, 0) > mos(600, 2, 0)
    assert mos(20, 2, 0) > mos(20, 60, 0)
    assert mos(20, 2, 1) > mos(20, 2, 5) > 3.1 > mos(20, 2, 20)
    assert mos(60_000, 60_000, 100) == 1.0


def test_an_unknown_part_makes_the_score_unknown() -> None:
    assert Sample(at(0), 10, rtt_ms=20, jitter_ms=2).mos is None
    assert Sample(at(0), 10, jitter_ms=2, loss_percent=0).mos is None
    both = measured("1001", [sample(0), Sample(at(10), 10, cause=Cause.NOTHING_ARRIVES)])
    assert (both.mos, both.cause, both.seconds) == (sample(0).mos, Cause.NOTHING_ARRIVES, 20)


def test_the_worse_direction_counts_and_intervals_weigh_by_their_length() -> None:
    assert sample(0, lost_there_percent=20.0).mos == mos(40, 5, 20)
    mean = measured("1001", [sample(0, 30, loss_percent=0.0), sample(30, 10, loss_percent=8.0)])
    assert mean.loss_percent == 2.0
    assert mean.worst_mos == sample(0, loss_percent=8.0).mos


def test_figures_count_the_poor_calls_of_each_agent() -> None:
    good, poor = measured("1001", [sample(0)]), measured("1002", [sample(0, loss_percent=30.0)])
    unknown = measured("1002", [Sample(at(0), 5)])
    every, first, second = figures([good, poor, unknown])
    assert (every.calls, every.poor) == (3, 1)
    assert (first.agent, first.mos, first.poor) == ("1001", good.mos, 0)
    assert (second.calls, second.mos, second.poor) == (2, poor.mos, 1)
    assert [(total.calls, total.mos) for total in figures([])] == [(0, None)]


class Centre:
    """A call that 1001 talks on; 1002's phone only rang."""

    def __init__(self, database: Database) -> None:
        self.floor = new_floor()
        self.clock = SetClock(at(60))
        calls = CallService(database, "pbx1", RuleBook.of(PolicySettings()))
        self.quality = CallQuality(database, self.clock, calls, self)
        play(self.floor, arrives(), rings(), answers(5))
        self.call = self.floor.id_of(CALL)

    def record_by_id(self, call: str) -> CallRecord | None:
        return record(self.floor) if call == self.call else None

    def agents_now(self) -> Mapping[str, AgentNow]:
        return {agent.number: agent for agent in self.floor.agents.all()}


@pytest.fixture
def centre(database: Database) -> Centre:
    return Centre(database)


async def test_an_agent_reports_the_own_call_and_a_repeated_report_changes_nothing(centre: Centre) -> None:
    await centre.quality.report(centre.call, [sample(10), sample(20, loss_percent=50.0)], LILEI)
    await centre.quality.report(centre.call, [sample(20), sample(30)], LILEI)
    listed = await centre.quality.samples(centre.call, BOSS)
    assert [(agent, each.at, each.loss_percent) for agent, each in listed] == [
        ("1001", at(10), 0.0),
        ("1001", at(20), 50.0),
        ("1001", at(30), 0.0),
    ]
    call = record(centre.floor)
    (heard,) = (await centre.quality.of_calls([call], LILEI))[centre.call]
    assert (heard.agent, heard.seconds) == ("1001", 30)
    assert await centre.quality.of_calls([call], HANMEI) == {}
    total, own = await centre.quality.figures(at(0), at(60))
    assert (total.calls, own.agent, own.calls) == (1, "1001", 1)
    assert [figure.calls for figure in await centre.quality.figures(at(40), at(60))] == [0]
    assert await centre.quality.clear(at(20)) == 1
    assert len(await centre.quality.samples(centre.call, LILEI)) == 2


async def test_nobody_else_reports_or_reads_it(centre: Centre) -> None:
    for other in (HANMEI, BOSS):
        with pytest.raises(NotYourCall):
            await centre.quality.report(centre.call, [sample(10)], other)
    with pytest.raises(NotYourCall):
        await centre.quality.samples(centre.call, HANMEI)
    assert await centre.quality.samples(centre.call, BOSS) == []


async def test_intervals_lie_within_the_call_and_are_bounded(centre: Centre) -> None:
    for second in (-3600, 3600):
        with pytest.raises(BadSample):
            await centre.quality.report(centre.call, [sample(second)], LILEI)
    centre.clock.move(hours=2)
    await centre.quality.report(centre.call, [sample(5 * place) for place in range(MOST)], LILEI)
    with pytest.raises(QualityFull):
        await centre.quality.report(centre.call, [sample(6000)], LILEI)
    await centre.quality.report(centre.call, [sample(5)], LILEI)
    assert len(await centre.quality.samples(centre.call, LILEI)) == MOST


async def test_the_last_intervals_come_soon_after_the_call(centre: Centre) -> None:
    play(centre.floor, ends(CALL, "16", 40))
    await centre.quality.report(centre.call, [sample(30)], LILEI)
    centre.clock.move(minutes=20)
    with pytest.raises(CallOver):
        await centre.quality.report(centre.call, [sample(31)], LILEI)
