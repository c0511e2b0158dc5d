"""Authenticates requests: a browser's session cookie or a program's bearer token.

Tokens are 256 random bits; the database stores only their SHA-256, which is enough for random values (it would not
be for a password).
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import ColumnElement, delete, func, select, update

from callcenter.catalogue import Language, language_of
from callcenter.clock import Clock
from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.storage.faults import passes
from callcenter.web.audit import Audit, Fact
from callcenter.web.boards.tokens import SCREEN_PREFIX, ScreenTokens
from callcenter.web.errors import (
    PasswordMustChange,
    TotpMustEnrol,
    TotpRequired,
    WeakPassword,
    WrongCode,
    WrongLogin,
)
from callcenter.web.guard import ALARM, COUNTED_BY, GUARDED, GUESSED, AlarmDelta, Guard, Pause
from callcenter.web.known_devices import delete_devices, known_device, note_device
from callcenter.web.people import PeopleService, person_of
from callcenter.web.ports import Emit, Publish, emit_to_nobody, publish_to_nobody
from callcenter.web.request_guard import RequestGuard, bearer_of, csrf_of
from callcenter.web.roles import Person
from callcenter.web.rows import PersonRow, SessionRow
from callcenter.web.second_factor.service import SecondFactors, must_enrol
from callcenter.web.throttle import WINDOW
from callcenter.web.tokens import TokenService, hash_token

CODE_TRIES = 5
OWN_SESSION = "/api/v1/session"
"""What a person may request whose password must be changed first."""
SEEN_EVERY = timedelta(minutes=1)
"""The precision with which a session's last use is stored."""
RECALLED = ("session.refused", "session.open", "signature.refused", "session.wrong_code")
MOST_RECALLED = 20_000
"""Entries of the audit that are read at a start; a flood has more, and then its newest are enough."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    person: Person
    token: str
    csrf: str
    expires_at: datetime
    device: str
    """What the browser stores, so that it is recognised the next time."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a person signs in."""

    address: str
    name: str
    language: Language | None


class Sessions:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: WebSettings,
        people: PeopleService,
        tokens: TokenService,
        screens: ScreenTokens,
        audit: Audit,
        factors: SecondFactors,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.requests = RequestGuard(settings)
        self._factors = factors
        self._database = database
        self._clock = clock
        self._settings = settings
        self._people = people
        self._tokens = tokens
        self._screens = screens
        self._audit = audit
        # Wrong passwords at a signature do not delay sign-in, and vice versa.
        self.guard = Guard("sign_in", settings.login_tries_per_minute, pause)
        self.signing_guard = Guard("signature", settings.login_tries_per_minute, pause)
        # Knowing the password must not allow guessing the code as fast as sign-in accepts a correct password.
        self.code_guard = Guard("second_factor", CODE_TRIES, pause)
        for guard in (self.guard, self.signing_guard, self.code_guard):
            guard.alarm = self._alarm
        self.alarms: Counter[tuple[str, str]] = Counter({(what, by): 0 for what in GUARDED for by in COUNTED_BY})
        """Alarms since startup, by what is guarded and by how attempts were counted; exposed as a metric."""
        self.emit: Emit = emit_to_nobody
        self.publish: Publish = publish_to_nobody
        """`join` connects both to the webhooks and the live feed, which are built later."""

    async def recall(self) -> None:
        """Count the wrong attempts of the window before a restart again, from the audit: a restart frees no one."""
        for row in await self._audit.recent(self._clock() - WINDOW, RECALLED, MOST_RECALLED):
            match row.action:
                case "session.refused" if '"way"' not in row.facts:
                    self.guard.recall(row.subject, row.address, row.at)
                case "session.open":
                    self.guard.recall_right(row.subject, row.address)
                case "signature.refused":
                    self.signing_guard.recall(row.subject, "", row.at)
                case "session.wrong_code":
                    self.code_guard.recall(row.subject, "", row.at)
                case _:
                    pass

    async def sign_in(
        self,
        login: str,
        password: str,
        address: str,
        browser: str,
        language: Language | None = None,
        device: str | None = None,
        code: str | None = None,
    ) -> SignedIn:
        """`device` is the token of a browser that may have signed this person in before: others do not delay it.

        Raises WrongLogin, TotpRequired, WrongCode or TooManyLogins; all outcomes are audited.
        """
        now, login = self._clock(), login.casefold()
        async with self._database.read() as session:
            known = await known_device(session, login, device, now)
        async with self.guard.trying(login, address, now, known):
            row = await self._person_with(login, password, address)
        if await self._factors.enrolled(row.id):
            if code is None:
                raise TotpRequired("give the code of your device as well")
            await self._check_code(row.id, login, code, address)
        signed = await self.open(row.id, Browser(address, browser, language), {}, device if known else None)
        if signed is None:
            raise WrongLogin("login or password is wrong")
        return signed

    async def open(
        self, person_id: str, browser: Browser, facts: Mapping[str, Fact], device: str | None = None
    ) -> SignedIn | None:
        """A new session of an authenticated person; None if the person may no longer sign in."""
        now, token = self._clock(), secrets.token_urlsafe(32)
        expires_at = now + timedelta(hours=self._settings.session_hours)
        async with self._database.write() as session:
            row = await session.get(PersonRow, person_id)
            if row is None or not row.active:
                return None
            person = person_of(row)
            person = replace(person, must_enrol=await must_enrol(session, person))
            await session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
            session.add(
                SessionRow(
                    token_hash=hash_token(token),
                    person_id=row.id,
                    created_at=now,
                    expires_at=expires_at,
                    address=browser.address[:64],
                    browser=browser.name[:300],
                    language=browser.language,
                    seen_at=now,
                )
            )
            device_token = await note_device(session, row.id, device, now)
            await self._audit.append(session, person, "session.open", row.login, browser.address, facts)
        return SignedIn(person, token, csrf_of(token), expires_at, device_token)

    async def _alarm(self, facts: AlarmDelta) -> None:
        alarm_facts: dict[str, Fact] = {"alarm": facts["alarm"], "by": facts["by"], "tries": facts["tries"]}
        self.alarms[facts["alarm"], facts["by"]] += 1
        async with self._database.write() as session:
            await self._audit.append(session, None, "session.guessed", facts["login"], facts["address"], alarm_facts)
            # Without the login: the user may have typed a password there, and the audit has it.
            await self.emit(session, GUESSED, {**alarm_facts, "address": facts["address"]})
        self.publish(ALARM, facts, frozenset())

    async def _person_with(self, login: str, password: str, address: str) -> PersonRow:
        """Raises WrongLogin, which is audited."""
        async with self._database.read() as session:
            row = await session.scalar(select(PersonRow).where(PersonRow.login == login, PersonRow.active))
        if not await self._people.passwords.verify(row.password_hash if row else None, password) or row is None:
            await self._audit.record(None, "session.refused", login[:64], address)
            raise WrongLogin("login or password is wrong")
        return row

    async def prove(self, person: Person, password: str) -> None:
        """Verify a signed-in person's identity before a signature; raises WrongLogin or TooManyLogins."""
        async with self.signing_guard.trying(person.login, "", self._clock()):
            async with self._database.read() as session:
                row = await session.scalar(select(PersonRow).where(PersonRow.id == person.id, PersonRow.active))
            if not await self._people.passwords.verify(row.password_hash if row else None, password):
                await self._audit.record(person, "signature.refused", person.login)
                raise WrongLogin("the password is wrong")

    async def prove_code(self, person: Person, code: str) -> None:
        """Verify that a signed-in person has their device. Raises WrongCode, TooManyLogins."""
        await self._check_code(person.id, person.login, code, "")

    async def _check_code(self, person_id: str, login: str, code: str, address: str) -> None:
        # Counted by login alone: an attacker with the password may come from many addresses.
        async with self.code_guard.trying(login, "", self._clock()):
            try:
                await self._factors.check(person_id, code)
            except WrongCode:
                await self._audit.record(None, "session.wrong_code", login[:64], address)
                raise

    async def change_password(self, person: Person, old: str, new: str, token: str, address: str) -> None:
        """Change one's own password: needs the old one, ends every other session. Raises WrongLogin, WeakPassword."""
        await self.prove(person, old)
        if old == new:
            raise WeakPassword("this is the password that you have", why="same")
        hashed = await self._people.passwords.hash(new, person.login)
        others = delete(SessionRow).where(SessionRow.person_id == person.id, SessionRow.token_hash != hash_token(token))
        async with self._database.write() as session:
            mine = update(PersonRow).where(PersonRow.id == person.id)
            await session.execute(mine.values(password_hash=hashed, must_change=False, version=PersonRow.version + 1))
            await session.execute(others)
            await delete_devices(session, person.id)
            await self._audit.append(session, person, "person.own_password", person.login, address)

    async def present(self) -> list[Person]:
        """All people with an active session."""
        query = (
            select(PersonRow)
            .where(PersonRow.active)
            .where(PersonRow.id.in_(select(SessionRow.person_id).where(*self._lasting(self._clock()))))
        )
        async with self._database.read() as session:
            return [person_of(row) for row in await session.scalars(query)]

    async def sign_out(self, token: str, person: Person, address: str) -> None:
        async with self._database.write() as session:
            await session.execute(delete(SessionRow).where(SessionRow.token_hash == hash_token(token)))
            await self._audit.append(session, person, "session.close", person.login, address)

    async def find(self, token: str) -> Person | None:
        """The person of an active session; None for anything else."""
        now, mine = self._clock(), SessionRow.token_hash == hash_token(token)
        query = (
            select(PersonRow, SessionRow.language, SessionRow.seen_at)
            .join(SessionRow, SessionRow.person_id == PersonRow.id)
            .where(mine, *self._lasting(now), PersonRow.active)
        )
        async with self._database.read() as session:
            row = (await session.execute(query)).one_or_none()
            if row is None:
                return None
            person = replace(person_of(row[0]), language=language_of(row[1] or ""))
            person = replace(person, must_enrol=await must_enrol(session, person))
        if row[2] is None or now - row[2] >= SEEN_EVERY:
            await self._see(mine, now)
        return person

    def _lasting(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        """A session expires after a maximum lifetime and after a maximum idle time."""
        idle = now - timedelta(minutes=self._settings.session_idle_minutes)
        return SessionRow.expires_at > now, func.coalesce(SessionRow.seen_at, SessionRow.created_at) > idle

    async def _see(self, mine: ColumnElement[bool], now: datetime) -> None:
        try:
            async with self._database.write() as session:
                await session.execute(update(SessionRow).where(mine).values(seen_at=now))
        except Exception as error:
            # A database that takes no writes now must not sign anyone out.
            if not passes(error):
                raise

    async def authenticate(self, request: web.Request) -> Person | None:
        """The requester; raises ForgedRequest or WrongOrigin for what a foreign page may have made a browser send."""
        bearer = bearer_of(request)
        if bearer is not None:
            known = self._screens if bearer.startswith(SCREEN_PREFIX) else self._tokens
            return await known.find(bearer)
        token = self.requests.token_of(request)
        if not token:
            return None
        person = await self.find(token)
        if person is not None:
            self.requests.check_change(request, token)
            if person.must_change and not request.path.startswith(OWN_SESSION):
                raise PasswordMustChange("change your password first: it was set by another person")
            if person.must_enrol and not request.path.startswith(OWN_SESSION):
                raise TotpMustEnrol("begin to use a second factor first: your role demands it")
        return person
