"""Signs people in with OpenID Connect: to the provider, back with a code, and in if a linked person matches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import structlog

from callcenter.clock import Clock
from callcenter.errors import CallCentreError
from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.oidc.errors import OidcDenied, OidcNotLinked, OidcOff, OidcSecondFactor, OidcState
from callcenter.web.oidc.flow import Flow, FlowSeal
from callcenter.web.oidc.model import challenge, check_claims, known_error, next_page
from callcenter.web.oidc.provider import Provider
from callcenter.web.oidc.store import OidcStore
from callcenter.web.second_factor.service import SecondFactors
from callcenter.web.sessions import Browser, Sessions, SignedIn

CALLBACK: Final = "/api/v1/session/oidc/callback"

log = structlog.get_logger("callcenter.web")


@dataclass(frozen=True, slots=True)
class Answer:
    """The parameters of the provider's redirect."""

    state: str = ""
    code: str = ""
    error: str = ""
    iss: str = ""


class OidcService:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        web: WebSettings,
        audit: Audit,
        sessions: Sessions,
        factors: SecondFactors,
        keys: Path | None,
    ) -> None:
        self.settings = web.oidc
        self._redirect = web.public_origin.rstrip("/") + CALLBACK
        self._clock = clock
        self._audit = audit
        self._sessions = sessions
        self._factors = factors
        self._provider = Provider(web.oidc, clock)
        self._seal = FlowSeal(clock, keys)
        self.store = OidcStore(database, clock, audit, web.oidc)

    def require(self) -> None:
        """Raises OidcOff."""
        if not self.settings.enabled:
            raise OidcOff("signing in by OpenID Connect is not set up here")

    async def begin(self, page: str) -> tuple[str, str]:
        """Where to redirect the browser, and its sealed flow. Raises OidcOff, OidcUnreachable, OidcBadAnswer."""
        self.require()
        endpoints, flow = await self._provider.endpoints(), Flow.begin(next_page(page))
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self._redirect,
            "scope": "openid profile email",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in endpoints.authorization else "?"
        return endpoints.authorization + joint + urlencode(query), self._seal.seal(flow)

    async def finish(self, carried: str, answer: Answer, browser: Browser) -> tuple[SignedIn, str]:
        """The session and the page to go to. Raises the refusals of `errors`; all are logged and audited.

        A refusal before the provider is asked is not audited: anyone could fill the audit with those.
        """
        self.require()
        flow = self._seal.open(carried, answer.state)
        await self.store.use(flow.state)
        # Another provider's answer must not be accepted as this one's (RFC 9207).
        if answer.iss and answer.iss != self.settings.issuer:
            raise OidcState("this answer comes from another provider")
        if answer.error or not answer.code:
            raise OidcDenied("the provider has not signed anyone in", error=known_error(answer.error))
        try:
            return await self._enter(flow, answer.code, browser), flow.next
        except CallCentreError as error:
            facts = {name: str(value) for name, value in error.facts.items()}
            log.warning("oidc_refused", code=error.code, **facts)
            await self._audit.record(
                None, "session.refused", "oidc", browser.address, {"way": "oidc", "code": error.code, **facts}
            )
            raise

    async def _enter(self, flow: Flow, code: str, browser: Browser) -> SignedIn:
        tokens = await self._provider.redeem(code, flow.verifier, self._redirect)
        algorithm, claims = await self._provider.claims(tokens.id_token)
        now = self._clock().timestamp()
        identity = check_claims(claims, algorithm, self.settings, flow.nonce, now, tokens.access_token)
        person = await self.store.person_of(identity, browser.address)
        if not identity.second_factor and await self._factors.enrolled(person.id):
            raise OidcSecondFactor("sign in with password and code")
        signed = await self._sessions.open(person.id, browser, {"way": "oidc"})
        if signed is None:
            raise OidcNotLinked("this account may not sign in here")
        return signed
