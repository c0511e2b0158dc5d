"""A form as values for the centre's own Word template, and a template to begin with.

In a template `{{ number }}`, `{{ account.text }}`, `{{ account.by }}`, `{{ account.at }}`, `{{ qr }}` and loops such as
`{%tr for one in signatures %}` stand for what the form has; `{{ t.customer }}` is the word in the form's language.
"""

from __future__ import annotations

import io
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from callcenter.forms.errors import WordNotInstalled
from callcenter.forms.model import Form, FormKind, Head
from callcenter.forms.pages import FIELD_LIMIT, ROW_LIMIT, fitting, instant, span
from callcenter.forms.texts import texts_of

_SPANS: Final = ("waited", "talked", "second")

# What a template to begin with shows: names of fields, and which of them are filled in by somebody.
PLAIN_FIELDS: Final = {
    FormKind.TRACKING: ("received_at", "customer", "sex", "phone"),
    FormKind.HANDLING: ("customer", "at", "contact", "phone", "department", "product", "order", "remedy"),
    FormKind.CALL: (
        "customer", "contact", "phone", "line", "at", "answered_at", "ended_at", "agent", "outcome", "reason",
        "department", "people", "progress",
    ),
    FormKind.EVALUATION: ("customer", "phone", "case", "agent", "at", "satisfaction", "solved", "problem", "notes"),
    FormKind.SCORECARD: (
        "agent", "call", "at", "grader", "form", "points", "earned", "passed", "automatic_fail", "notes", "objection",
        "objection_answer", "submitted_at", "sha256",
    ),
    FormKind.ANALYSIS: ("since", "until", "cases", "before", "again", "same_product", "notes"),
}  # fmt: skip
ENTRIES: Final = {
    FormKind.TRACKING: ("account", "findings", "centre_opinion", "duty_manager_opinion", "leader_opinion"),
    FormKind.HANDLING: ("content", "investigation", "correction", "verification"),
    FormKind.CALL: (),
    FormKind.EVALUATION: (),
    FormKind.SCORECARD: (),
    FormKind.ANALYSIS: (),
}
_OTHER_WORD: Final = {"received_at": "date", "form": "score_form", "call": "score_call", "cases": "case_count"}


def values_of(form: Form, limit: int = FIELD_LIMIT) -> dict[str, Any]:
    """Everything a template may name, as texts: JSON, because another process fills the template in."""
    head = form.head
    shown = {one.name: _value(getattr(form, one.name), one.name, head, limit) for one in fields(form)}
    return {
        **{one: text for one, text in shown.pop("head").items() if one not in ("zone", "link")},
        **shown,
        "title": texts_of(head.language)[form.kind.value],
        "t": dict(texts_of(head.language)),
        "qr_text": (head.link or head.number)[:300],
    }


def _value(value: object, name: str, head: Head, limit: int) -> Any:
    words = texts_of(head.language)
    match value:
        case None:
            return ""
        case bool():
            return words["yes" if value else "no"]
        case datetime():
            return instant(value, head)
        case Enum():
            return words.get(str(value.value), str(value.value))
        case int() | float():
            return span(value) if name in _SPANS else str(value)
        case tuple():
            return [_value(one, name, head, limit) for one in value[:ROW_LIMIT]]
        case _ if is_dataclass(value):
            return {one.name: _value(getattr(value, one.name), one.name, head, limit) for one in fields(value)}
        case _:
            text = words.get(str(value), str(value)) if name in ("direction", "outcome") else str(value)
            return fitting(text, head.language, limit)


def starter(kind: FormKind, language: str = "zh-CN") -> bytes:
    """A Word template to begin with, for the centre to make its own. Raises WordNotInstalled. Blocking."""
    try:
        from docx import Document
    except ImportError:
        raise WordNotInstalled("Word forms need the extra: pip install callcenter[docx]") from None
    words = texts_of(language)
    document = Document()
    document.add_paragraph("{{ company }} {{ centre }}")
    document.add_heading("{{ title }}", 1)
    document.add_paragraph(f"{words['number']}: {{{{ number }}}}　{words['status']}: {{{{ status }}}}")
    document.add_paragraph("{{ qr }}")
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for name in PLAIN_FIELDS[kind]:
        row = table.add_row().cells
        row[0].text, row[1].text = words[_OTHER_WORD.get(name, name)], f"{{{{ {name} }}}}"
    for name in ENTRIES[kind]:
        row = table.add_row().cells
        row[0].text = words[name]
        row[1].text = f"{{{{ {name}.text }}}}\n{{{{ {name}.by }}}}　{{{{ {name}.at }}}}　{{{{ {name}.standing }}}}"
    if ENTRIES[kind]:
        document.add_heading(words["signatures"], 2)
        _signature_rows(document, words)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


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
