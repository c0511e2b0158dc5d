"""Manages the versions of the scripts."""

from __future__ import annotations

from typing import Final

from callcenter.clock import Clock
from callcenter.documents.errors import UnknownVersion, VersionChanged, VersionDamaged, VersionPublished
from callcenter.documents.service import Kind, VersionedDocuments
from callcenter.followup.rows import ScriptVersionRow
from callcenter.followup.scripts.model import FORMAT, Script, default_source
from callcenter.storage.database import Database
from callcenter.web.audit import Audit

FOLLOW_UP = "follow_up"


class UnknownScript(UnknownVersion):
    code = "no_such_script"


class AlreadyPublished(VersionPublished):
    """A published version never changes: create a new draft."""

    code = "script_published"


class ScriptChangedMeanwhile(VersionChanged):
    code = "script_changed_meanwhile"


class ScriptDamaged(VersionDamaged):
    """A published source no longer matches the checksum stored when it was published."""

    code = "script_damaged"


SCRIPTS: Final = Kind(
    format=FORMAT,
    rows=ScriptVersionRow,
    subject="script",
    standard=FOLLOW_UP,
    standard_source=default_source,
    unknown=UnknownScript,
    published=AlreadyPublished,
    changed=ScriptChangedMeanwhile,
    damaged=ScriptDamaged,
)
Scripts = VersionedDocuments[ScriptVersionRow, Script]


def scripts_of(database: Database, clock: Clock, audit: Audit) -> Scripts:
    return VersionedDocuments(SCRIPTS, database, clock, audit)
