"""The house's own endpoints: signing in and out, people, programs' tokens, the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from callcenter.catalogue import Language, negotiated
from callcenter.errors import NotSignedIn
from callcenter.settings import WebSettings
from callcenter.web.audit import Audit
from callcenter.web.flood import Flood
from callcenter.web.people import Account, PeopleService
from callcenter.web.roles import AGENT_NUMBER, ALL
from callcenter.web.routes import (
    ADMINISTRATORS,
    ANYONE,
    LEADERS,
    PUBLIC,
    Ask,
    Page,
    PageQuery,
    Person,
    Role,
    Routes,
    decode_cursor,
    encode_cursor,
    page_of,
)
from callcenter.web.rows import AuditRow
from callcenter.web.sessions import COOKIE, DEVICE_COOKIE, DEVICE_KNOWN_FOR, HOST_COOKIE, Sessions, csrf_of
from callcenter.web.tokens import Token, TokenService

Login = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
AgentNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Roles = Annotated[frozenset[Role], Field(min_length=1)]


class PersonShape(BaseModel):
    id: str
    login: str
    name: str
    roles: list[Role]
    agent: str | None

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(id=person.id, login=person.login, name=person.name, roles=sorted(person.roles), agent=person.agent)


class SignIn(BaseModel):
    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)
    code: Annotated[str | None, Field(min_length=6, max_length=40)] = None
    """Of the person's device, or a recovery code; asked for with 401 `totp_required`."""
    language: Language | None = None
    """The language for what this session reads; without it the request's Accept-Language counts."""


class SessionShape(BaseModel):
    """`csrf_token` goes into the X-CSRF-Token header of every change; it is null for a program's token."""

    person: PersonShape
    csrf_token: str | None
    must_change_password: bool
    """Somebody else has set it; until PUT /session/password nothing else is answered."""
    must_enrol_totp: bool
    """A role demands a second factor; until POST /session/totp and its confirmation nothing else is answered."""

    @classmethod
    def of(cls, person: Person, csrf: str | None) -> Self:
        return cls(
            person=PersonShape.of(person),
            csrf_token=csrf,
            must_change_password=person.must_change,
            must_enrol_totp=person.must_enrol,
        )


class OwnPassword(BaseModel):
    old: str = Field(min_length=1, max_length=256)
    new: Password


class PersonCard(BaseModel):
    """A person as leaders look them up. `id` is what every field takes that names a person."""

    id: str
    name: str
    roles: list[Role]
    agent: Annotated[str | None, Field(description=AGENT_NUMBER)]
    active: bool

    @classmethod
    def of_account(cls, account: Account) -> Self:
        person = account.person
        return cls(
            id=person.id, name=person.name, roles=sorted(person.roles), agent=person.agent, active=account.active
        )


class PeopleQuery(PageQuery):
    """`q` is a part of a name, a login or an agent number."""

    q: str = Field("", max_length=100)
    agent: Annotated[str | None, Field(max_length=20, description=AGENT_NUMBER)] = None
    role: Annotated[Role | None, Field(strict=False)] = None
    active: Annotated[bool | None, Field(strict=False)] = None


class AccountShape(PersonShape):
    active: bool
    version: int

    @classmethod
    def of_account(cls, account: Account) -> Self:
        person = PersonShape.of(account.person)
        return cls(**person.model_dump(), active=account.active, version=account.version)


class NewAccount(BaseModel):
    login: Login
    name: Name
    password: Password
    roles: Roles
    agent: AgentNumber | None = None


class AccountChange(BaseModel):
    name: Name
    roles: Roles
    agent: AgentNumber | None
    active: bool


class NewPassword(BaseModel):
    password: Password


Scope = Annotated[str, StringConstraints(pattern=r"^(\*|read|[a-z][a-z_-]{0,39}(:read)?)$")]


class TokenShape(BaseModel):
    """`scopes`: `*` is everything, `read` all reading, `calls` a part of the API by tag, `calls:read` reading it."""

    id: str
    name: str
    roles: list[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: list[str]

    @classmethod
    def of(cls, token: Token) -> Self:
        return cls(
            id=token.id,
            name=token.name,
            roles=sorted(token.roles),
            created_at=token.created_at,
            created_by=token.created_by,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
            scopes=sorted(token.scopes),
        )


class NewToken(BaseModel):
    """Without `expires_at` the token ends after `web.token_days`, and in any case with the person who makes it."""

    name: Name
    roles: Roles
    expires_at: AwareDatetime | None = None
    scopes: Annotated[frozenset[Scope], Field(min_length=1, max_length=60)] = ALL


class MadeToken(TokenShape):
    """`token` is shown this once."""

    token: str


class AuditQuery(PageQuery):
    action: str | None = Field(None, max_length=64)
    subject: str | None = Field(None, max_length=200)


class Deed(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: datetime
    actor: str
    actor_id: str
    action: str
    subject: str
    address: str
    facts: str
    hash: str

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        return cls.model_validate(row)


class VerdictShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    rows: int
    broken_at: int | None
    newest_hash: str


def session_routes(sessions: Sessions, settings: WebSettings) -> Routes:
    routes, flood = Routes("session"), Flood()

    @routes.post("/session", roles=PUBLIC, before=lambda ask: flood.check(ask.address))
    async def sign_in(ask: Ask, body: SignIn) -> SessionShape:
        """Sign in with login and password; the answer sets `__Host-cc_session` (`cc_session` without TLS)."""
        sessions.guard_sign_in(ask.request)
        browser = ask.request.headers.get("User-Agent", "")
        language = body.language or negotiated(ask.request.headers.get("Accept-Language", ""))
        device = ask.request.cookies.get(DEVICE_COOKIE)
        signed = await sessions.sign_in(body.login, body.password, ask.address, browser, language, device, body.code)
        ask.headers["Set-Cookie"] = session_cookie(settings, signed.token, int(settings.session_hours * 3600))
        ask.cookies.append(device_cookie(settings, signed.device))
        return SessionShape.of(signed.person, signed.csrf)

    @routes.get("/session", roles=ANYONE)
    async def read_session(ask: Ask) -> SessionShape:
        """Who I am."""
        token = sessions.token_of(ask.request)
        by_cookie = token is not None and "Authorization" not in ask.request.headers
        csrf = csrf_of(token) if token is not None and by_cookie else None
        return SessionShape.of(ask.require(), csrf)

    @routes.put("/session/password", roles=ANYONE, edits=False)
    async def change_own_password(ask: Ask, body: OwnPassword) -> None:
        """Change your own password: the old one is asked for, your other sessions end.

        Twelve characters or a passphrase, and none of the common ones (422 weak_password).
        """
        token = sessions.token_of(ask.request)
        if token is None:
            raise NotSignedIn("a password is changed in a session")
        await sessions.change_password(ask.require(), body.old, body.new, token, ask.address)

    @routes.delete("/session", roles=ANYONE)
    async def sign_out(ask: Ask) -> None:
        """Sign out; the session ends at once, open live feeds at their next heartbeat."""
        token = sessions.token_of(ask.request)
        if token is None:
            raise NotSignedIn("there is no session to end")
        await sessions.sign_out(token, ask.require(), ask.address)
        ask.headers["Set-Cookie"] = session_cookie(settings, "", 0)

    return routes


def session_cookie(settings: WebSettings, token: str, seconds: int) -> str:
    name, secure = (HOST_COOKIE, "; Secure") if settings.over_tls else (COOKIE, "")
    return f"{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def device_cookie(settings: WebSettings, token: str) -> str:
    secure = "; Secure" if settings.over_tls else ""
    seconds = int(DEVICE_KNOWN_FOR.total_seconds())
    # Sent to the sign-in alone: it proves nothing anywhere else.
    return f"{DEVICE_COOKIE}={token}; Path=/api/v1/session; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"


def people_routes(people: PeopleService) -> Routes:
    routes = Routes("people")

    @routes.get("/people", roles=LEADERS)
    async def list_people(ask: Ask, query: PeopleQuery) -> Page[AccountShape | PersonCard]:
        """Everybody who may sign in, by login: administrators see accounts, leaders names, roles and agent numbers."""
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else None
        page = page_of(
            await people.page(
                query.limit + 1, after, words=query.q, agent=query.agent, role=query.role, active=query.active
            ),
            query.limit,
            lambda account: encode_cursor(account.person.login),
        )
        shape = AccountShape if ask.require().may(ADMINISTRATORS) else PersonCard
        return Page(items=[shape.of_account(account) for account in page.items], next=page.next)

    @routes.post("/people", roles=ADMINISTRATORS, status=201)
    async def add_person(ask: Ask, body: NewAccount) -> AccountShape:
        """Add somebody who may sign in."""
        account = await people.add(
            body.login, body.name, body.password, body.roles, body.agent, ask.require(), ask.address
        )
        return AccountShape.of_account(account)

    @routes.get("/people/{person_id}", roles=LEADERS)
    async def read_person(ask: Ask, person_id: str) -> AccountShape | PersonCard:
        """One person: administrators see the account, leaders name, roles and agent number."""
        account = await people.account(person_id)
        shape = AccountShape if ask.require().may(ADMINISTRATORS) else PersonCard
        return shape.of_account(account)

    @routes.put("/people/{person_id}", roles=ADMINISTRATORS)
    async def change_person(ask: Ask, person_id: str, body: AccountChange) -> AccountShape:
        """Change somebody; `active: false` also ends their sessions."""

        def check(current: Account) -> None:
            ask.must_match(AccountShape.of_account(current))

        changed = await people.change(person_id, ask.require(), ask.address, check, **dict(body))
        return AccountShape.of_account(changed)

    @routes.put("/people/{person_id}/password", roles=ADMINISTRATORS, edits=False)
    async def set_password(ask: Ask, person_id: str, body: NewPassword) -> None:
        """Give somebody a new password; ends their sessions."""
        await people.set_password(person_id, body.password, ask.require(), ask.address)

    @routes.delete("/people/{person_id}/sessions", roles=ADMINISTRATORS)
    async def sign_out_everywhere(ask: Ask, person_id: str) -> None:
        """End all of somebody's sessions."""
        await people.sign_out_everywhere(person_id, ask.require(), ask.address)

    return routes


def token_routes(tokens: TokenService) -> Routes:
    routes = Routes("tokens")

    @routes.get("/tokens", roles=ADMINISTRATORS)
    async def list_tokens(ask: Ask, query: PageQuery) -> Page[TokenShape]:
        """Programs' tokens, revoked ones included; never their texts."""
        after = decode_cursor(query.cursor, tuple[str])[0] if query.cursor else None
        result = [TokenShape.of(entry) for entry in await tokens.page(query.limit + 1, after)]
        return page_of(result, query.limit, lambda entry: encode_cursor(entry.id))

    @routes.post("/tokens", roles=ADMINISTRATORS, status=201)
    async def add_token(ask: Ask, body: NewToken) -> MadeToken:
        """Make a token for a program or a wallboard; its text is in this answer and nowhere else.

        It ends with the person who makes it, and no token makes another one (403 tokens_make_no_tokens).
        """
        ask.answer_is_secret()
        token, text = await tokens.add(body.name, body.roles, body.expires_at, ask.require(), ask.address, body.scopes)
        return MadeToken(**TokenShape.of(token).model_dump(), token=text)

    @routes.delete("/tokens/{token_id}", roles=ADMINISTRATORS)
    async def revoke_token(ask: Ask, token_id: str) -> None:
        """Revoke a token; it stays in the list as a record."""
        await tokens.revoke(token_id, ask.require(), ask.address)

    return routes


def audit_routes(audit: Audit) -> Routes:
    routes = Routes("audit")

    @routes.get("/audit", roles=ADMINISTRATORS)
    async def list_audit(ask: Ask, query: AuditQuery) -> Page[Deed]:
        """Who did what, newest first."""
        before = decode_cursor(query.cursor, tuple[int])[0] if query.cursor else None
        rows = await audit.page(query.limit + 1, before, query.action, query.subject)
        return page_of([Deed.of(row) for row in rows], query.limit, lambda entry: encode_cursor(entry.seq))

    @routes.get("/audit/verdict", roles=ADMINISTRATORS)
    async def verify_audit(ask: Ask) -> VerdictShape:
        """Whether the chain of the audit holds, and its newest hash to be kept elsewhere."""
        return VerdictShape.model_validate(await audit.verify())

    return routes
