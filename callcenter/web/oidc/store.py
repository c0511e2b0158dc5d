"""Stores which provider account belongs to which person, and which provider answers were used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from callcenter.clock import Clock
from callcenter.settings.oidc import OidcSettings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.errors import UnknownPerson
from callcenter.web.oidc.errors import OidcLinkUnknown, OidcNotLinked, OidcState
from callcenter.web.oidc.flow import LASTS
from callcenter.web.oidc.model import Identity
from callcenter.web.oidc.rows import OidcLinkRow, OidcUsedRow
from callcenter.web.roles import Person
from callcenter.web.rows import PersonRow, SessionRow


@dataclass(frozen=True, slots=True)
class Link:
    """`linked_at` is empty while the permission waits for the first sign-in, until `allowed_until`."""

    allowed_until: datetime | None
    linked_at: datetime | None


class OidcStore:
    def __init__(self, database: Database, clock: Clock, audit: Audit, settings: OidcSettings) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._settings = settings

    async def use(self, state: str) -> None:
        """Each state is valid once, even for two requests at the same instant. Raises OidcState."""
        now = self._clock()
        # Kept for longer than the browser's half of the flow is accepted.
        row = OidcUsedRow(state_hash=hashlib.sha256(state.encode()).hexdigest(), expires_at=now + 2 * LASTS)
        try:
            async with self._database.write() as session:
                await session.execute(delete(OidcUsedRow).where(OidcUsedRow.expires_at <= now))
                session.add(row)
                await session.flush()
        except IntegrityError:
            raise OidcState("this answer of the provider was used already") from None

    async def link(self, person_id: str) -> Link:
        """Raises OidcLinkUnknown."""
        async with self._database.read() as session:
            row = await session.get(OidcLinkRow, person_id)
        if row is None:
            raise OidcLinkUnknown("this person has no account of the provider", person=person_id)
        return self._link(row)

    async def allow(self, person_id: str, by: Person, address: str) -> Link:
        """Permit a person's first sign-in by the provider; ends an existing link. Raises UnknownPerson."""
        async with self._database.write() as session:
            # The audit comes first: it admits one writer at a time, so the row is not created twice.
            await self._audit.append(session, by, "oidc.allowed", person_id, address)
            if await session.get(PersonRow, person_id) is None:
                raise UnknownPerson("no such person", person=person_id)
            row = await session.get(OidcLinkRow, person_id) or OidcLinkRow(person_id=person_id)
            row.issuer, row.subject = self._settings.issuer, None
            row.allowed_at, row.linked_at = self._clock(), None
            session.add(row)
            return self._link(row)

    async def remove(self, person_id: str, by: Person, address: str) -> None:
        """End the link and the person's sessions. Raises OidcLinkUnknown."""
        async with self._database.write() as session:
            gone = delete(OidcLinkRow).where(OidcLinkRow.person_id == person_id)
            if await session.scalar(gone.returning(OidcLinkRow.person_id)) is None:
                raise OidcLinkUnknown("this person has no account of the provider", person=person_id)
            await session.execute(delete(SessionRow).where(SessionRow.person_id == person_id))
            await self._audit.append(session, by, "oidc.removed", person_id, address)

    async def person_of(self, identity: Identity, address: str) -> PersonRow:
        """The active person of this account; links it if an administrator has allowed that. Raises OidcNotLinked."""
        linked = (
            select(PersonRow)
            .join(OidcLinkRow, OidcLinkRow.person_id == PersonRow.id)
            .where(OidcLinkRow.issuer == self._settings.issuer, OidcLinkRow.subject == identity.subject)
        )
        async with self._database.read() as session:
            person = await session.scalar(linked)
        if person is None:
            person = await self._link_first(identity, address)
        if person is None or not person.active:
            raise OidcNotLinked("this account may not sign in here")
        return person

    async def _link_first(self, identity: Identity, address: str) -> PersonRow | None:
        if identity.login is None:
            return None
        now = self._clock()
        waiting = (
            select(OidcLinkRow, PersonRow)
            .join(PersonRow, PersonRow.id == OidcLinkRow.person_id)
            .where(
                OidcLinkRow.issuer == self._settings.issuer,
                OidcLinkRow.subject.is_(None),
                OidcLinkRow.allowed_at > now - self._waits,
                PersonRow.login == identity.login,
                PersonRow.active,
            )
            .with_for_update(of=OidcLinkRow)
        )
        try:
            async with self._database.write() as session:
                match = (await session.execute(waiting)).one_or_none()
                if match is None:
                    return None
                link, person = match
                link.subject, link.linked_at = identity.subject, now
                await self._audit.append(session, None, "oidc.linked", person.login, address)
                linked: PersonRow = person
                return linked
        except IntegrityError:
            # The same account was linked to another person at the same instant.
            return None

    @property
    def _waits(self) -> timedelta:
        return timedelta(days=self._settings.link_days)

    def _link(self, row: OidcLinkRow) -> Link:
        return Link(None if row.subject else row.allowed_at + self._waits, row.linked_at)
