"""Tests the analysis of complaints (K6): the same figures on both databases, whatever people have written."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.complaints import store
from callcenter.complaints.analysis.model import By, Counted, Every, by_clock, pareto, trend
from callcenter.complaints.analysis.queries import Analysis, Period
from callcenter.complaints.model import Event, Facts, Severity
from callcenter.customers.model import Customer, Standing
from callcenter.customers.service import CustomerService
from callcenter.paper.charts import Bar, over_time, ranked
from tests.complaints.room import ANGRY, Room

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
START = datetime(2026, 11, 1, tzinfo=UTC)
COUNTS = st.lists(st.tuples(st.text(max_size=10), st.integers(1, 1000)), max_size=20, unique_by=lambda entry: entry[0])
QUARTERS = st.dictionaries(st.integers(0, 4 * 24 * 400), st.integers(1, 5), max_size=50)


@given(COUNTS)
def test_K6_the_groups_add_up_to_the_whole_the_largest_first(counts: list[tuple[str, int]]) -> None:
    groups = pareto([Counted(value, cases) for value, cases in counts])
    assert [entry.cases for entry in groups] == sorted((cases for _, cases in counts), reverse=True)
    assert not groups or groups[-1].cumulative == 1.0
    assert all(first.cumulative <= second.cumulative for first, second in pairwise(groups))


@given(QUARTERS, st.sampled_from([SHANGHAI, NEW_YORK, "Asia/Kathmandu"]), st.sampled_from(Every))
def test_no_case_is_lost_between_the_days_on_which_the_clocks_change(
    quarters: dict[int, int], zone: str, every: Every
) -> None:
    buckets = {int(START.timestamp()) + 900 * place: Counted("", cases) for place, cases in quarters.items()}
    until = START + timedelta(days=401)
    points = trend(buckets, every, zone, START, until)
    assert sum(point.cases for point in points) == sum(quarters.values())
    assert [point.start for point in points] == sorted({point.start for point in points})
    for by in (By.HOUR, By.WEEKDAY):
        assert sum(entry.cases for entry in by_clock(buckets, by, zone)) == sum(quarters.values())


def test_a_day_without_a_case_has_its_point() -> None:
    at = int(datetime(2026, 11, 2, 3, tzinfo=UTC).timestamp())
    points = trend({at: Counted("", 2)}, Every.DAY, SHANGHAI, START, START + timedelta(days=3))
    assert [(point.start, point.cases) for point in points] == [
        (date(2026, 11, 1), 0),
        (date(2026, 11, 2), 2),
        (date(2026, 11, 3), 0),
        (date(2026, 11, 4), 0),
    ]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.builds(Bar, st.text(max_size=80), st.integers(0, 10**9), st.none() | st.floats(0, 1)), max_size=60))
def test_a_chart_is_valid_and_passive_whatever_the_names_of_groups(groups: list[Bar]) -> None:
    for draw in (ranked, over_time):
        root = ElementTree.fromstring(draw("<script>alert(1)</script> $x^2$ 投诉", groups))
        names = {entry.tag.rpartition("}")[2] for entry in root.iter()}
        assert names.isdisjoint({"a", "script", "image", "foreignObject", "iframe", "animate", "set"})
        references = [value for entry in root.iter() for key, value in entry.attrib.items() if key.endswith("href")]
        assert all(value.startswith("#") for value in references)
        assert "<script>alert(1)</script> $x^2$ 投诉" in {entry.text for entry in root.iter()}


def test_K6_a_chart_has_whole_cases_and_names_that_do_not_slant() -> None:
    days = [Bar(f"2026-11-{day:02}", day % 3) for day in range(1, 31)]
    for chart in (ranked("部门", [Bar("仓储物流部", 2, 0.5), Bar("生产一部", 1, 1.0)]), over_time("趋势", days)):
        assert re.findall(r"rotate\((?!-?0[ )])", chart) == []
        ticks = list(re.findall(r">([0-9.]+)</text>", chart))
        assert ticks
        assert all(float(text).is_integer() for text in ticks)
    assert "仓储物流部" in ranked("部门", [Bar("仓储物流部", 2, 0.5)])
    assert over_time("趋势", days) == over_time("趋势", days)
    assert 4 <= len(re.findall(r">2026-11-\d\d</text>", over_time("趋势", days))) <= 8


# With the database.


async def furnished(room: Room) -> Analysis:
    """Five cases on two days, of a key account and of others; one of them withdrawn."""
    manager = await room.person("manager")
    customers = CustomerService(room.web.database, room.web.time, room.web.web_services.audit)
    key = await customers.add(Customer("大客户", ("13800138000",), standing=Standing.KEY_ACCOUNT), manager)
    facts = [
        replace(ANGRY, customer=key.id),
        replace(ANGRY, customer=key.id, product="腊肉"),
        replace(ANGRY, department="kitchen", severity=Severity.SERIOUS),
        Facts(what_happened="x", product="<b>酱</b>"),
        replace(ANGRY, customer=key.id),
    ]
    numbers = []
    for place, fact in enumerate(facts):
        if place == 3:
            room.web.time.pass_by(days=1)
        numbers.append((await room.opening.open(fact, manager)).number)
    await room.cases.step(numbers[0], Event.WITHDRAW, manager, reason="不再追究")
    return Analysis(room.web.database, SHANGHAI, customers.special)


def whole(room: Room) -> Period:
    return Period(room.web.time() - timedelta(days=9), room.web.time() + timedelta(seconds=1))


@pytest.mark.parametrize("by", list(By))
async def test_K6_every_dimension_counts_every_case_once(room: Room, by: By) -> None:
    analysis = await furnished(room)
    assert sum(group.cases for group in await analysis.groups(by, whole(room))) == 5


async def test_K6_cases_by_department_product_and_class_of_customer(room: Room) -> None:
    analysis = await furnished(room)

    async def counts(by: By) -> dict[str, int]:
        return {group.value: group.cases for group in await analysis.groups(by, whole(room))}

    assert await counts(By.DEPARTMENT) == {"delivery": 3, "kitchen": 1, "": 1}
    assert await counts(By.CUSTOMER_CLASS) == {"key_account": 4, "unknown": 1}
    assert (await counts(By.PRODUCT))["<b>酱</b>"] == 1


async def test_K6_a_customer_who_complains_again_is_counted_and_the_first_time_is_not(room: Room) -> None:
    analysis = await furnished(room)
    repeats = await analysis.repeats(whole(room), 30)
    assert (repeats.cases, repeats.again, repeats.same_product) == (4, 3, 2)


async def test_K6_how_long_cases_spent_at_a_step(room: Room) -> None:
    analysis = await furnished(room)
    (step,) = await analysis.steps(whole(room))
    assert (step.state, step.cases, step.median) == ("received", 1, timedelta(days=1).total_seconds())


async def test_K6_closed_in_time_and_confirmed_are_shares_of_what_was_closed(room: Room) -> None:
    manager = await room.person("leader")
    analysis = Analysis(room.web.database, SHANGHAI, _no_names)
    for late in (False, True):
        case = await room.opening.open(Facts(kind=ANGRY.kind, what_happened="慢", severity=Severity.CRITICAL), manager)
        room.web.time.pass_by(hours=3 if late else 0)
        async with room.web.database.write() as session:
            row = await store.row_of(session, case.number, to_change=True)
            row.state, row.late, row.confirmed = "closed", late, not late
    total = await analysis.total(whole(room))
    assert (total.cases, total.closed, total.in_time, total.asked, total.confirmed) == (2, 2, 1, 2, 1)


async def _no_names() -> dict[str, str]:
    return {}


async def test_K6_figures_charts_and_workbook_are_the_leaders(room: Room) -> None:
    await furnished(room)
    await room.web.sign_in("lilei")
    assert (await room.ask("GET", "/analysis/cases"))[0] == 403
    await room.web.sign_in("supervisor")
    since = (room.web.time() - timedelta(days=9)).isoformat().replace("+00:00", "Z")
    until = (room.web.time() + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    span = f"since={since}&until={until}"
    status, page, _ = await room.ask("GET", f"/analysis/cases?by=product&{span}")
    assert (status, [entry["cases"] for entry in page["items"]]) == (200, [3, 1, 1])
    page = (await room.ask("GET", f"/analysis/cases/trend?every=week&{span}"))[1]
    assert (page["cases"], page["before"], sum(entry["cases"] for entry in page["items"])) == (5, 0, 5)
    chart = await answer_of(room, f"/analysis/cases/pareto.svg?by=product&{span}")
    assert b"<b>" not in chart
    book = openpyxl.load_workbook(io.BytesIO(await answer_of(room, f"/analysis/cases.xlsx?{span}")))
    assert [cell.value for cell in book.worksheets[1]["A"]][1:] == ["酱板鸭", "<b>酱</b>", "腊肉"]
    assert book.sheetnames[:4] == ["部门", "产品", "原因", "严重程度"]
    assert {cell.value for cell in book["渠道"]["A"]} == {"名称", "电话"}
    assert {str(cell.value) for cell in book["星期"]["A"]} == {"名称", *(f"星期{day}" for day in "一二三四五六日")}
    english = openpyxl.load_workbook(io.BytesIO(await answer_of(room, f"/analysis/cases.xlsx?language=en&{span}")))
    assert english.sheetnames[:4] == ["department", "product", "cause", "severity"]
    assert {cell.value for cell in english["channel"]["A"]} == {"name", "phone"}
    assert (await room.ask("GET", f"/analysis/cases?since={until}&until={since}"))[0] == 422


async def answer_of(room: Room, path: str) -> Any:
    answer = await room.web.client.get(f"/api/v1{path}")
    assert answer.status == 200, await answer.text()
    return await answer.read()
