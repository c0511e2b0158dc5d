"""Prints scores (S2) as html, pdf or docx, one or many, for the people who may see them."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.paper.model import Form, ScorecardForm, ScoreLine, ScoreSection
from callcenter.paper.service import FormService
from callcenter.paper.texts import texts_of
from callcenter.scorecards.exports import READER
from callcenter.scorecards.forms.model import Item, Section
from callcenter.scorecards.queries import FullScore, ScoreReading
from callcenter.scorecards.scoring import Answer
from callcenter.scorecards.service import answers_of
from callcenter.web.roles import Person

_NA = {"zh-CN": "不适用", "en": "does not apply"}
_STATES = {
    "zh-CN": {
        "draft": "草稿",
        "submitted": "已提交",
        "acknowledged": "客服已确认",
        "disputed": "申诉中",
        "upheld": "维持原分",
        "revised": "已由新评分取代",
        "discarded": "已弃用",
    },
    "en": {
        "draft": "draft",
        "submitted": "submitted",
        "acknowledged": "acknowledged",
        "disputed": "disputed",
        "upheld": "upheld",
        "revised": "replaced by a later score",
        "discarded": "discarded",
    },
}


class ScorePapers:
    def __init__(self, reading: ScoreReading, forms: FormService) -> None:
        self._reading = reading
        self._forms = forms

    async def form(self, id: str, language: str, by: Person | None) -> ScorecardForm:
        """Returns the score as this person may see it; the system sees submitted ones. Raises UnknownScore."""
        full = await self._reading.full(id, by or READER)
        head = self._forms.head(
            id[:12].upper(), language, by, path=f"/scores/{id}", status=_STATES[language][full.row.state]
        )
        row, dispute, spoken = full.row, full.dispute, _language(full, language)
        return ScorecardForm(
            head=head,
            agent=row.agent,
            call=row.call,
            at=row.called_at,
            grader=row.grader_name,
            form=f"{full.form.title[spoken]} {full.version.number}",
            points=_points(row.total),
            earned=_points(row.earned),
            passed=row.passed,
            automatic_fail="; ".join(item.text[spoken] for item in full.form.items if item.key in row.failed),
            notes=row.note,
            objection="\n".join([dispute.text, *_reasons(full, spoken)]) if dispute else "",
            objection_answer=(dispute.answer or "") if dispute else "",
            submitted_at=row.submitted_at,
            sha256=row.sha256 or "",
            sections=tuple(_section(full, section, language, spoken) for section in full.form.sections),
        )

    async def of_subject(self, subject: str, language: str, by: Person | None) -> Sequence[Form]:
        """Returns the forms for print runs. Raises UnknownScore."""
        return [await self.form(subject, language, by)]


def _language(full: FullScore, language: str) -> str:
    return language if language in full.form.languages else full.form.languages[0]


def _reasons(full: FullScore, spoken: str) -> list[str]:
    reasons = full.dispute.items if full.dispute else {}
    return [f"{item.text[spoken]}: {reasons[item.key]}" for item in full.form.items if item.key in reasons]


def _section(full: FullScore, section: Section, language: str, spoken: str) -> ScoreSection:
    answers, share = answers_of(full.row), full.row.sections.get(section.key)
    lines = tuple(_line(full, item, answers.get(item.key), language, spoken) for item in section.items)
    return ScoreSection(section.title[spoken], "" if share is None else f"{share * 100:.0f} %", lines)


def _line(full: FullScore, item: Item, answer: Answer | None, language: str, spoken: str) -> ScoreLine:
    words = {**texts_of(language), "na": _NA[language]}
    if answer is None:
        return ScoreLine(item.text[spoken], item.clause, "")
    value = words[answer.value] if isinstance(answer.value, str) else f"{answer.value} / {item.top}"
    failed = item.key in full.row.failed
    return ScoreLine(item.text[spoken], item.clause, value, answer.comment, answer.second, failed)


def _points(points: float | None) -> str:
    return "" if points is None else f"{points:g}"
