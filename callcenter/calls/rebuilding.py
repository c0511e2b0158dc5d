"""Rebuilds one call's record from the stored lines of the PBX's files."""

from __future__ import annotations

from callcenter.calls import store
from callcenter.calls.model import CallRecord
from callcenter.calls.rows import CallRow
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import UnknownCall
from callcenter.calls.stored_sources import sources
from callcenter.errors import Conflict
from callcenter.facts import CallId
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person


class LinesGone(Conflict):
    """Retention has removed the source lines, so the record can no longer be rebuilt."""

    code = "call_lines_gone"


class Rebuilding:
    def __init__(self, database: Database, audit: Audit, rules: RuleBook) -> None:
        """`rules` apply to a call whose line is not known; a record keeps those of its own day."""
        self._database = database
        self._audit = audit
        self._rules = rules

    async def rebuild(self, call: CallId, by: Person) -> CallRecord:
        """Return the record as its lines give it now. Raises UnknownCall, LinesGone."""
        async with self._database.write() as session:
            row = await session.get(CallRow, call)
            if row is None:
                raise UnknownCall(f"there is no call {call[:60]}", call=call[:60])
            (stored,) = await sources(session, row.pbx, [row.linkedid])
            if not stored.cel:
                raise LinesGone("no line of the PBX's files is kept of this call", call=call)
            built = await store.rebuild(session, row.pbx, row.linkedid, self._rules)
            if built is None:
                raise LinesGone("what is kept of this call does not make a record", call=call)
            await self._audit.append(session, by, "call.rebuilt", f"call/{call}")
            return built.record
