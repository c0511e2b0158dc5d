"""Tests lists of customers to call as real centres have them, promises in the past, and surveys of future days."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.callbacks.dialling.numbers import dialled
from callcenter.callbacks.errors import PromiseInThePast, SurveyOfDaysToCome
from callcenter.callbacks.outreach.importing import Importing, Outcome
from callcenter.callbacks.outreach.surveys import Campaign, Surveys
from callcenter.calls.ring import CADENCES
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.kit.table_reader import Passed
from callcenter.storage.database import Database
from tests.callbacks.centre import TEN, CallbackCentre, request
from tests.support.rooms import BOSS

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture
def centre(sqlite_database: Database) -> CallbackCentre:
    return CallbackCentre(sqlite_database)


async def bring(centre: CallbackCentre, data: bytes | str) -> Outcome:
    read = (CASES / data).read_bytes() if isinstance(data, str) else data
    return await Importing(centre.requests, centre.clock, centre.rooms.customers, centre.rooms.audit).run(
        read, BOSS, dry_run=False
    )


async def test_one_number_in_four_spellings_is_one_return_call(centre: CallbackCentre) -> None:
    outcome = await bring(centre, "callbacks-spellings.csv")
    assert (outcome.refused, outcome.made, outcome.joined) == ((), 1, 3)
    assert [row.number for row in await centre.rows()] == ["+8613974812428"]


async def test_the_extension_is_shown_and_never_dialled(centre: CallbackCentre) -> None:
    await bring(centre, "callbacks-extension.csv")
    (row,) = await centre.rows()
    assert (row.number, row.extension) == ("+8673188886005", "8012")
    assert dialled(row.number, "CN", "national") == "073188886005"


async def test_a_line_end_in_a_cell_is_a_blank(centre: CallbackCentre) -> None:
    outcome = await bring(centre, "callbacks-multiline.csv")
    assert (outcome.refused, outcome.made) == ((), 1)
    assert [row.reason for row in await centre.rows()] == ["退货 第二次来电"]


async def test_a_refusal_names_the_line_where_its_row_begins_and_what_was_passed_over(centre: CallbackCentre) -> None:
    table = '回访名单\n姓名,手机号,事由\n贺小满,13974812429,"退货\n第二次"\n段立,1397481,"a\nb"\n易桂,1397481242x,c\n'
    outcome = await bring(centre, table.encode("gb18030"))
    assert [(entry.line, entry.column) for entry in outcome.refused] == [(7, "number")]
    assert outcome.passed == (Passed("row", "1", "回访名单"), Passed("column", "A", "姓名"))


async def test_a_due_time_is_read_as_excel_writes_it_and_one_that_is_over_is_refused(centre: CallbackCentre) -> None:
    outcome = await bring(centre, "电话,回访时间\n13974812429,2026/11/24 15:30\n".encode())
    assert (outcome.refused, outcome.made) == ((), 1)
    assert [row.due_at - TEN for row in await centre.rows()] == [timedelta(hours=5, minutes=30)]
    outcome = await bring(centre, "电话,回访时间\n13974812430,2026/11/23 15:30\n".encode())
    assert [(entry.line, entry.column) for entry in outcome.refused] == [(2, "due_at")]


async def test_R9_a_past_time_cannot_be_promised(centre: CallbackCentre) -> None:
    with pytest.raises(PromiseInThePast):
        await centre.requests.make(request(due_at=TEN - timedelta(minutes=10), promised=True), strict=True)
    await centre.requests.make(request(due_at=TEN - timedelta(seconds=30), promised=True), strict=True)


async def test_a_survey_of_days_to_come_is_refused(centre: CallbackCentre) -> None:
    calls = CallService(centre.database, "pbx1", RuleBook(RingRules(3, CADENCES["cn"]), "2026-11"))
    surveys = Surveys(centre.database, centre.clock, centre.rooms.audit, centre.requests, calls, centre.rooms.customers)

    def campaign(since: timedelta, until: timedelta) -> Campaign:
        return Campaign("s1", "满意度", TEN + since, TEN + until, 10, TEN + timedelta(days=3), "seed")

    for since, until in ((1, 2), (-1, 3)):
        with pytest.raises(SurveyOfDaysToCome):
            await surveys.add(campaign(timedelta(days=since), timedelta(days=until)), BOSS)
    await surveys.add(campaign(timedelta(hours=-2), timedelta(hours=14)), BOSS)
