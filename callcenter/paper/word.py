"""Converts a form to values for a Word template, and builds the standard templates.

In a template `{{ number }}`, `{{ account.text }}`, `{{ account.by }}`, `{{ account.at }}`, `{{ qr }}` and loops such as
`{%tr for one in signatures %}` are replaced by the form's values; `{{ t.customer }}` is the text in its language.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from callcenter.paper.errors import WordNotInstalled
from callcenter.paper.model import Entry, Form, FormKind, Head, title_key
from callcenter.paper.pages import FIELD_LIMIT, ROW_LIMIT, day, fitting, instant, span
from callcenter.paper.texts import texts_of

_SPANS: Final = ("waited", "talked", "second")

_CODED: Final = ("direction", "outcome", "sex")
"""Fields whose values are translated."""
_DAYS: Final = ("received_at",)
_EXACT: Final = frozenset({FormKind.CALL, FormKind.EVALUATION})
"""Forms about telephone events: their times include seconds."""

Row = tuple[str, str]
"""The key of a label's text, and the field beside it."""
ROWS: Final[Mapping[FormKind, tuple[Row, ...]]] = {
    FormKind.TRACKING: (
        ("tracking_date", "received_at"),
        ("customer", "customer"),
        ("sex", "sex"),
        ("tracking_phone", "phone"),
        ("account", "account.text"),
        ("received_by", "account"),
        ("findings", "findings.text"),
        ("handled_by", "findings"),
        ("centre_opinion", "centre_opinion.text"),
        ("handled_by", "centre_opinion"),
        ("duty_manager_opinion", "duty_manager_opinion.text"),
        ("duty_manager_signature", "duty_manager_opinion"),
        ("leader_opinion", "leader_opinion.text"),
        ("leader_signature", "leader_opinion"),
    ),
    FormKind.HANDLING: (
        ("number", "number"),
        ("customer_name", "customer"),
        ("handling_time", "at"),
        ("contact", "contact"),
        ("handling_phone", "phone"),
        ("department", "department"),
        ("content", "content.text"),
        ("recorded_by", "content"),
        ("investigation", "investigation.text"),
        ("investigated_by", "investigation"),
        ("correction", "correction.text"),
        ("responsible", "correction"),
        ("verification", "verification.text"),
        ("verified_by", "verification"),
        ("product", "product"),
        ("order", "order"),
        ("remedy", "remedy"),
    ),
    FormKind.CALL: (
        ("serial", "number"),
        ("customer_name", "customer"),
        ("contact", "contact"),
        ("phone", "phone"),
        ("at", "at"),
        ("reason", "reason"),
        ("call_department", "department"),
        ("people", "people"),
        ("progress", "progress"),
        ("direction", "direction"),
        ("line", "line"),
        ("answered_at", "answered_at"),
        ("ended_at", "ended_at"),
        ("agent", "agent"),
        ("outcome", "outcome"),
    ),
    FormKind.EVALUATION: (
        ("customer", "customer"),
        ("phone", "phone"),
        ("agent", "agent"),
        ("evaluated_call", "call"),
        ("case", "case"),
        ("called_back_at", "at"),
        ("satisfaction", "satisfaction"),
        ("solved", "solved"),
        ("problem", "problem"),
        ("notes", "notes"),
    ),
    FormKind.SCORECARD: (
        ("agent", "agent"),
        ("score_call", "call"),
        ("called_at", "at"),
        ("grader", "grader"),
        ("score_form", "form"),
        ("points", "points"),
        ("earned", "earned"),
        ("passed", "passed"),
        ("automatic_fail", "automatic_fail"),
        ("notes", "notes"),
        ("objection", "objection"),
        ("objection_answer", "objection_answer"),
        ("submitted_at", "submitted_at"),
        ("sha256", "sha256"),
    ),
    FormKind.LEAVE: (),
    FormKind.HANDOVER: (),
    FormKind.ROSTER: (),
    FormKind.FIGURES: (),
    FormKind.MEETING: (),
    FormKind.TRAINING: (),
    FormKind.EMERGENCY: (),
    FormKind.ANALYSIS: (
        ("since", "since"),
        ("until", "until"),
        ("case_count", "cases"),
        ("before", "before"),
        ("again", "again"),
        ("same_product", "same_product"),
        ("notes", "notes"),
    ),
}
"""The standard templates: the fields of the forms in their order, then what the software adds."""
ON_DUTY: Final = frozenset(
    {
        FormKind.LEAVE,
        FormKind.HANDOVER,
        FormKind.ROSTER,
        FormKind.FIGURES,
        FormKind.MEETING,
        FormKind.TRAINING,
        FormKind.EMERGENCY,
    }
)
"""Forms that bring their own labels."""
SIGNED: Final = frozenset({FormKind.TRACKING, FormKind.HANDLING})


def values_of(form: Form, limit: int = FIELD_LIMIT) -> dict[str, Any]:
    """Returns everything a template may name, as texts: JSON, because another process fills in the template."""
    head = form.head
    exact = form.kind in _EXACT
    values = {field.name: _value(getattr(form, field.name), field.name, head, limit, exact) for field in fields(form)}
    return {
        **{entry: text for entry, text in values.pop("head").items() if entry not in ("zone", "link")},
        **values,
        "title": texts_of(head.language)[title_key(form)],
        "t": dict(texts_of(head.language)),
        "qr_text": (head.link or head.number)[:300],
    }


def _value(value: object, name: str, head: Head, limit: int, exact: bool) -> Any:
    words = texts_of(head.language)
    match value:
        case None:
            return ""
        case bool():
            return words["yes" if value else "no"]
        case datetime():
            return day(value, head) if name in _DAYS else instant(value, head, seconds=exact)
        case Enum():
            return words.get(str(value.value), str(value.value))
        case int() | float():
            return span(value) if name in _SPANS else str(value)
        case tuple():
            return [_value(entry, name, head, limit, exact) for entry in value[:ROW_LIMIT]]
        case Entry():
            values = {
                field.name: _value(getattr(value, field.name), field.name, head, limit, exact)
                for field in fields(value)
            }
            return {**values, "at": day(value.at, head)}
        case _ if is_dataclass(value):
            return {
                field.name: _value(getattr(value, field.name), field.name, head, limit, exact)
                for field in fields(value)
            }
        case _:
            text = words.get(str(value), str(value)) if name in _CODED else str(value)
            return fitting(text, head.language, limit)


def starter(kind: FormKind, language: str = "zh-CN") -> bytes:
    """Returns the standard Word template, which the centre may customise. Raises WordNotInstalled. Blocking."""
    try:
        from docx import Document
    except ImportError:
        raise WordNotInstalled("Word forms need the extra: pip install '.[docx]'") from None
    words = texts_of(language)
    document = Document()
    document.add_paragraph("{{ company }} {{ centre }}")
    document.add_heading("{{ title }}", 1)
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for label, name in ROWS[kind]:
        if kind is FormKind.EVALUATION and label == "agent":
            table = _answer_rows(document, words)
        row = table.add_row().cells
        row[0].text, row[1].text = words[label], _filled_in(kind, name)
    if kind in ON_DUTY:
        _duty_rows(document)
    if kind in SIGNED:
        document.add_heading(words["signatures"], 2)
        _signature_rows(document, words)
    colon = words["colon"]
    document.add_paragraph(f"{words['number']}{colon}{{{{ number }}}}　{words['status']}{colon}{{{{ status }}}}")
    document.add_paragraph("{{ qr }}")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _filled_in(kind: FormKind, name: str) -> str:
    """Returns the expression of a field; who signed a part, when, and whether the signature still holds."""
    if kind in SIGNED and f"{name}.text" in {field for _, field in ROWS[kind]}:
        return f"{{{{ {name}.by }}}}　{{{{ {name}.at }}}}　{{{{ {name}.standing }}}}"
    return f"{{{{ {name} }}}}"


def _duty_rows(document: Any) -> None:
    """Adds the fields, tables and signatures of a form of the roster."""
    table = document.add_table(rows=1, cols=2, style="Table Grid")
    table.rows[0].cells[0].text = "{%tr for entry in fields %}"
    cells = table.add_row().cells
    cells[0].text, cells[1].text = "{{ entry.label }}", "{{ entry.value }}"
    table.add_row().cells[0].text = "{%tr endfor %}"
    for line in (
        "{%p for part in tables %}",
        "{{ part.title }}",
        "{{ part.columns | join('　') }}",
        "{%p for row in part.rows %}",
        "{{ row | join('　') }}",
        "{%p endfor %}",
        "{%p endfor %}",
        "{%p for entry in signatures %}",
        "{{ entry.label }}{{ t.colon }}{{ entry.value }}",
        "{%p endfor %}",
    ):
        document.add_paragraph(line)


def _answer_rows(document: Any, words: Any) -> Any:
    """Adds the answers of the follow-up script; returns the table for what comes after them."""
    document.add_heading(words["answers"], 2)
    table = document.add_table(rows=1, cols=2, style="Table Grid")
    for cell, title in zip(table.rows[0].cells, ("question", "answer"), strict=True):
        cell.text = words[title]
    table.add_row().cells[0].text = "{%tr for one in answers %}"
    for cell, name in zip(table.add_row().cells, ("question", "answer"), strict=True):
        cell.text = f"{{{{ one.{name} }}}}"
    table.add_row().cells[0].text = "{%tr endfor %}"
    document.add_paragraph("")
    return document.add_table(rows=0, cols=2, style="Table Grid")


def _signature_rows(document: Any, words: Any) -> None:
    columns = ("role", "name", "at", "standing", "seal")
    table = document.add_table(rows=1, cols=len(columns), style="Table Grid")
    titles = ("role", "name", "signed_at", "standing", "seal")
    for cell, title in zip(table.rows[0].cells, titles, strict=True):
        cell.text = words[title]
    table.add_row().cells[0].text = "{%tr for one in signatures %}"
    for cell, name in zip(table.add_row().cells, columns, strict=True):
        cell.text = f"{{{{ one.{name} }}}}"
    table.add_row().cells[0].text = "{%tr endfor %}"
