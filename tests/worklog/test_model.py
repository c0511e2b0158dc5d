"""Tests the rules of work logs, of reports and of the monthly summary."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import IllegalTransition
from callcenter.worklog.model import (
    BadLog,
    CallNote,
    Figures,
    LogEvent,
    LogState,
    after,
    check_texts,
    figures_of,
    month_of,
    plain,
    span_of,
)
from callcenter.worklog.summary.model import DayLog, summary_of
from callcenter.worklog.unusual import model as unusual
from callcenter.worklog.unusual.model import ReportEvent, ReportState

DAY = date(2026, 11, 24)
COUNT = st.integers(0, 99)
FIGURES = st.builds(
    Figures,
    COUNT,
    COUNT,
    COUNT,
    COUNT,
    st.floats(0, 9e4),
    COUNT,
    st.lists(st.text(max_size=5)).map(tuple),
    st.lists(
        st.builds(
            CallNote,
            st.text(),
            st.datetimes(timezones=st.just(UTC)),
            st.text(),
            st.text(),
            st.text(),
            st.none() | st.floats(0, 9e4),
        )
    ).map(tuple),
)


@given(FIGURES)
def test_figures_are_read_back_as_they_were_kept(figures: Figures) -> None:
    assert figures_of(plain(figures)) == figures


@given(st.lists(st.sampled_from(LogEvent), max_size=8))
def test_a_log_is_submitted_and_given_back_in_turn_and_nothing_else(events: list[LogEvent]) -> None:
    state = LogState.DRAFT
    for event in events:
        fits = (state is LogState.DRAFT) == (event is LogEvent.SUBMIT)
        if fits:
            state = after(state, event)
        else:
            with pytest.raises(IllegalTransition):
                after(state, event)


@given(st.lists(st.sampled_from(ReportEvent), max_size=8))
def test_a_closed_report_stays_closed(events: list[ReportEvent]) -> None:
    state = ReportState.REPORTED
    for event in events:
        if event in unusual.TRANSITIONS[state]:
            state = unusual.after(state, event)
        else:
            with pytest.raises(IllegalTransition):
                unusual.after(state, event)
        if state is ReportState.CLOSED:
            assert not unusual.TRANSITIONS[state]


def test_a_day_has_as_many_hours_as_the_clocks_of_its_place() -> None:
    for day, zone, hours in ((DAY, "Asia/Shanghai", 24), (date(2026, 3, 29), "Europe/Berlin", 23)):
        start, end = span_of(day, zone)
        assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["2026-13", "november", "", "2026-11-01", "2026-1\n"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(BadLog):
        month_of(text)
    assert month_of("2026-12") == (date(2026, 12, 1), date(2027, 1, 1))


def test_sections_that_are_not_there_are_refused_and_blank_ones_left_out() -> None:
    assert check_texts({"learned": " 新品上架 ", "done": "  "}) == {"learned": "新品上架"}
    for wrong in ({"mood": "x"}, {"done": "x" * 4001}, {"done": "a\0b"}):
        with pytest.raises(BadLog):
            check_texts(wrong)


def log(agent: str, day: int, *, state: LogState = LogState.SUBMITTED, **more: object) -> DayLog:
    values: dict[str, object] = {"texts": {}, "shared": False, "example": False, "useful": 0} | more
    figures = Figures(answered=10, late=1, talk_seconds=600.0, cases=("TS1", f"TS{day}"))
    return DayLog(agent, date(2026, 11, day), state, figures, **values)  # type: ignore[arg-type]


def test_W4_S4_a_month_has_the_totals_of_its_logs_and_lists_missing_ones() -> None:
    logs = [
        log("1001", 2, texts={"suggestions": "客户想要小包装"}, shared=True, useful=2),
        log("1001", 3, shared=True, example=True),
        log("1002", 2, state=LogState.DRAFT, texts={"suggestions": "还没交"}),
    ]
    due = [("1001", date(2026, 11, 2)), ("1002", date(2026, 11, 2)), ("1001", date(2026, 11, 4))]
    result = summary_of("2026-11", logs, due, ["abusive", "fraud", "abusive"])
    assert result["totals"] == {
        "answered": 20,
        "outbound": 0,
        "missed": 0,
        "late": 2,
        "talk_seconds": 1200.0,
        "return_calls": 0,
        "cases": 3,
    }
    assert result["missing"] == [{"agent": "1002", "day": "2026-11-02"}, {"agent": "1001", "day": "2026-11-04"}]
    assert [(entry["agent"], entry["days"], entry["days_without"]) for entry in result["agents"]] == [
        ("1001", 2, 1),
        ("1002", 0, 1),
    ]
    assert result["suggestions"] == [{"agent": "1001", "day": "2026-11-02", "text": "客户想要小包装"}]
    assert [entry["day"] for entry in result["shared"]] == ["2026-11-03", "2026-11-02"]
    assert result["unusual"] == {"abusive": 2, "fraud": 1}
