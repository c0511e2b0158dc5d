"""Use cases of phrases: everyone reads them, managers replace them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import delete, select

from callcenter.calls.phrases.model import Phrase, check_phrases, standard_phrases
from callcenter.calls.phrases.rows import PhraseRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person


class Phrases:
    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    async def all(self) -> Sequence[Phrase]:
        """In their order; the standard ones until the centre has its own."""
        async with self._database.read() as session:
            rows = await session.scalars(select(PhraseRow).order_by(PhraseRow.place))
            own = [Phrase(row.key, dict(row.texts)) for row in rows]
        return own or standard_phrases()

    async def replace(
        self, phrases: Sequence[Phrase], by: Person, check: Callable[[Sequence[Phrase]], object]
    ) -> Sequence[Phrase]:
        """Raises BadPhrases, and what `check` raises of a version that was not seen."""
        check_phrases(phrases)
        check(await self.all())
        async with self._database.write() as session:
            await session.execute(delete(PhraseRow))
            session.add_all(
                PhraseRow(key=phrase.key, texts=dict(phrase.texts), place=place) for place, phrase in enumerate(phrases)
            )
            await self._audit.append(session, by, "phrases.changed", "phrases", facts={"count": len(phrases)})
        return phrases or standard_phrases()
