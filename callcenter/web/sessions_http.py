"""`/session`: signing in and out, one's own password."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, Field

from callcenter.catalogue import Language, negotiated
from callcenter.errors import NotSignedIn
from callcenter.settings import WebSettings
from callcenter.web.flood import Flood
from callcenter.web.known_devices import DEVICE_COOKIE, DEVICE_KNOWN_FOR
from callcenter.web.people_http import Password, PersonShape
from callcenter.web.request_guard import COOKIE, HOST_COOKIE, csrf_of
from callcenter.web.routes import ANYONE, PUBLIC, Ask, Person, Routes
from callcenter.web.sessions import Sessions


class SignIn(BaseModel):
    login: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)
    code: Annotated[str | None, Field(min_length=6, max_length=40)] = None
    """Of the person's device, or a recovery code; asked for with 401 `totp_required`."""
    language: Language | None = None
    """The language for what this session reads; without it the request's Accept-Language counts."""


class SessionShape(BaseModel):
    """`csrf_token` goes into the X-CSRF-Token header of every changing request; it is null for a program's token."""

    person: PersonShape
    csrf_token: str | None
    must_change_password: bool
    """It was set by another person; until PUT /session/password all other requests are refused."""
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


def session_routes(sessions: Sessions, settings: WebSettings) -> Routes:
    routes, flood = Routes("session"), Flood()

    @routes.post("/session", roles=PUBLIC, before=lambda ask: flood.check(ask.address))
    async def sign_in(ask: Ask, body: SignIn) -> SessionShape:
        """Sign in with login and password; the answer sets `__Host-cc_session` (`cc_session` without TLS)."""
        sessions.requests.check_sign_in(ask.request)
        browser = ask.request.headers.get("User-Agent", "")
        language = body.language or negotiated(ask.request.headers.get("Accept-Language", ""))
        device = ask.request.cookies.get(DEVICE_COOKIE)
        signed = await sessions.sign_in(body.login, body.password, ask.address, browser, language, device, body.code)
        ask.headers["Set-Cookie"] = session_cookie(settings, signed.token, int(settings.session_hours * 3600))
        ask.cookies.append(device_cookie(settings, signed.device))
        return SessionShape.of(signed.person, signed.csrf)

    @routes.get("/session", roles=ANYONE)
    async def read_session(ask: Ask) -> SessionShape:
        """Read the signed-in person and session."""
        token = sessions.requests.token_of(ask.request)
        by_cookie = token is not None and "Authorization" not in ask.request.headers
        csrf = csrf_of(token) if token is not None and by_cookie else None
        return SessionShape.of(ask.require(), csrf)

    @routes.put("/session/password", roles=ANYONE, edits=False)
    async def change_own_password(ask: Ask, body: OwnPassword) -> None:
        """Change your own password: the old one is required, and your other sessions end.

        At least twelve characters or a passphrase, and not a common password (422 weak_password).
        """
        token = sessions.requests.token_of(ask.request)
        if token is None:
            raise NotSignedIn("a password is changed in a session")
        await sessions.change_password(ask.require(), body.old, body.new, token, ask.address)

    @routes.delete("/session", roles=ANYONE)
    async def sign_out(ask: Ask) -> None:
        """Sign out; the session ends at once, open live feeds at their next heartbeat."""
        token = sessions.requests.token_of(ask.request)
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
