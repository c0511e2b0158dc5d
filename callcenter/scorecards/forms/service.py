"""Manages the versions of the grading forms."""

from __future__ import annotations

from typing import Final

from callcenter.clock import Clock
from callcenter.documents.errors import UnknownVersion, VersionChanged, VersionDamaged, VersionPublished
from callcenter.documents.service import Kind, VersionedDocuments
from callcenter.scorecards.forms.model import DEFAULT_FORM, FORMAT, ScoreForm, default_source
from callcenter.scorecards.rows import ScoreFormRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit


class UnknownGradingForm(UnknownVersion):
    code = "no_such_score_form"


class FormPublished(VersionPublished):
    """A published version never changes: create a new draft."""

    code = "score_form_published"


class FormChangedMeanwhile(VersionChanged):
    code = "score_form_changed_meanwhile"


class GradingFormDamaged(VersionDamaged):
    """A published source no longer has the checksum it was published with."""

    code = "score_form_damaged"


FORMS: Final = Kind(
    format=FORMAT,
    rows=ScoreFormRow,
    subject="score_form",
    standard=DEFAULT_FORM,
    standard_source=default_source,
    unknown=UnknownGradingForm,
    published=FormPublished,
    changed=FormChangedMeanwhile,
    damaged=GradingFormDamaged,
)
ScoreForms = VersionedDocuments[ScoreFormRow, ScoreForm]


def score_forms(database: Database, clock: Clock, audit: Audit) -> ScoreForms:
    return VersionedDocuments(FORMS, database, clock, audit)


def form_of(row: ScoreFormRow) -> ScoreForm:
    """Raises GradingFormDamaged when a published source was changed after publication."""
    return FORMS.document_of(row)
