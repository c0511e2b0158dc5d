"""Exports the list of scores as a file."""

from __future__ import annotations

from functools import partial

from callcenter.exports.model import AGENT, PAGE, ExportList, ExportQuery, Named, Pages
from callcenter.exports.pages import pages_of
from callcenter.kit.table_writer import Cells
from callcenter.scorecards.model import ScoreState
from callcenter.scorecards.queries import ScoreFilter, ScoreReading
from callcenter.scorecards.rows import ScoreRow
from callcenter.web.roles import Person, Role

READER = Person("", "", "", frozenset({Role.MANAGER}))
"""Exports are for leaders and contain submitted scores only, never drafts."""


class ScoresExport(ExportQuery):
    """`since` and `until` refer to the graded calls."""

    agent: str | None = None
    team: str | None = None
    grader: str | None = None
    month: str | None = None
    line: str | None = None
    state: ScoreState | None = None


COLUMNS = {
    "zh-CN": (
        "编号",
        "通话",
        "通话时间",
        "月份",
        "客服",
        "班组",
        "线路",
        "评分人",
        "进度",
        "得分",
        "未计一票否决的得分",
        "合格",
        "一票否决项",
        "提交时间",
        "取代的评分",
        "校验和",
    ),
    "en": (
        "score",
        "call",
        "called_at",
        "month",
        "agent",
        "team",
        "line",
        "grader",
        "state",
        "points",
        "points_before_automatic_fail",
        "passed",
        "failed_items",
        "submitted_at",
        "supersedes",
        "sha256",
    ),
}


def scores_list(reading: ScoreReading) -> ExportList:
    def pages(query: ScoresExport) -> Pages:
        find = partial(reading.find, ScoreFilter(**query.conditions()), READER, PAGE)
        return pages_of(find, lambda score: (score.called_at, score.id), _cells)

    return ExportList(
        "scores",
        ScoresExport,
        COLUMNS,
        pages,
        title={"zh-CN": "质检评分", "en": "scores"},
        words={"state": "state"},
        named={"agent": Named("agents", AGENT), "line": Named("lines")},
    )


def _cells(row: ScoreRow) -> Cells:
    return (
        row.id,
        row.call,
        row.called_at,
        row.month,
        row.agent,
        row.team,
        row.line,
        row.grader_name,
        row.state,
        row.total,
        row.earned,
        row.passed,
        ", ".join(row.failed),
        row.submitted_at,
        row.supersedes,
        row.sha256,
    )
