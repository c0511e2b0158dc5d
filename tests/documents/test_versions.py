"""Tests what holds for every kind of versioned document, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select, update

from callcenter.documents.service import Kind, VersionedDocuments
from callcenter.errors import CallCentreError
from callcenter.followup.scripts.model import FORMAT as SCRIPT
from callcenter.followup.scripts.service import SCRIPTS
from callcenter.scorecards.forms.model import FORMAT as FORM
from callcenter.scorecards.forms.service import FORMS
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.rows import AuditRow
from tests.support.rooms import BOSS, SetClock

KINDS = pytest.mark.parametrize("kind", [SCRIPTS, FORMS], ids=["script", "grading form"])


def documents(kind: Kind[Any, Any], database: Database) -> VersionedDocuments[Any, Any]:
    clock = SetClock()
    return VersionedDocuments(kind, database, clock, Audit(database, clock))


@KINDS
async def test_drafts_made_at_the_same_instant_get_numbers_of_their_own(
    kind: Kind[Any, Any], database: Database
) -> None:
    versions = documents(kind, database)
    drafts = await asyncio.gather(*(versions.draft(kind.standard_source(), BOSS) for _ in range(3)))
    assert sorted(row.number for row in drafts) == [2, 3, 4]


@KINDS
async def test_a_version_is_drafted_changed_and_published_once(kind: Kind[Any, Any], database: Database) -> None:
    versions, source = documents(kind, database), kind.standard_source()
    draft = await versions.draft(source, BOSS)
    changed = await versions.change(draft.name, draft.number, source + "\n# edited", BOSS, draft.rev)
    with pytest.raises(kind.changed):
        await versions.publish(draft.name, draft.number, BOSS, draft.rev)
    assert (await versions.published()).number == 1
    await versions.publish(draft.name, draft.number, BOSS, changed.rev)
    assert (await versions.published()).number == draft.number
    with pytest.raises(kind.published):
        await versions.change(draft.name, draft.number, source, BOSS, None)
    async with database.read() as session:
        subject = f"{kind.subject}/{draft.name}/{draft.number}"
        entries = select(func.count()).select_from(AuditRow).where(AuditRow.subject == subject)
        assert await session.scalar(entries) == 3


@KINDS
async def test_a_draft_keeps_its_name(kind: Kind[Any, Any], database: Database) -> None:
    versions, source = documents(kind, database), kind.standard_source()
    draft = await versions.draft(source, BOSS)
    other = source.replace(f'name = "{draft.name}"', 'name = "another"', 1)
    with pytest.raises(CallCentreError) as refused:
        await versions.change(draft.name, draft.number, other, BOSS, draft.rev)
    assert refused.value.facts["fault"] == "name_kept"
    with pytest.raises(kind.unknown):
        await versions.version("another", 1)


@KINDS
async def test_a_published_source_that_was_altered_in_the_database_is_not_used(
    kind: Kind[Any, Any], database: Database
) -> None:
    versions = documents(kind, database)
    row = await versions.published()
    async with database.write() as session:
        await session.execute(update(kind.rows).values(source=row.source + "\n# altered"))
    with pytest.raises(kind.damaged):
        await versions.by_id(row.id)


@pytest.mark.parametrize("format", [SCRIPT, FORM], ids=["script", "grading form"])
@pytest.mark.parametrize(
    ("source", "fault"),
    [("x" * 70_000, "source_too_long"), ('name = "a\0"', "source_too_long"), ("= 1", "source_not_toml"), ("", "")],
)
def test_a_source_without_a_name_is_refused_with_its_fault(format: Any, source: str, fault: str) -> None:
    with pytest.raises(CallCentreError) as refused:
        format.name_of(source)
    assert refused.value.facts["fault"] == (fault or format.name_fault)
