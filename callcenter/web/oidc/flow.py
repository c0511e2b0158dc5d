"""Seals what a browser carries while it is at the provider: short-lived and bound to that browser."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from callcenter.clock import Clock
from callcenter.web.oidc.errors import OidcOff, OidcState
from callcenter.web.webhooks.service import sealer

LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Flow:
    """One round trip to the provider."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    next: str

    @classmethod
    def begin(cls, page: str) -> Flow:
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), page)


class FlowSeal:
    def __init__(self, clock: Clock, keys: Path | None) -> None:
        self._clock = clock
        self._keys = keys

    def seal(self, flow: Flow) -> str:
        return self._box().encrypt_at_time(json.dumps(asdict(flow)).encode(), self._now()).decode()

    def open(self, sealed: str, state: str) -> Flow:
        """The flow that this browser began with this state. Raises OidcState, OidcOff."""
        try:
            text = self._box().decrypt_at_time(sealed.encode(), int(LASTS.total_seconds()), self._now())
        except InvalidToken:
            raise OidcState("this browser has not begun to sign in, or too long ago") from None
        flow = Flow(**json.loads(text))
        if not hmac.compare_digest(flow.state.encode(), state.encode()):
            raise OidcState("this sign-in was begun in another browser")
        return flow

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _box(self) -> Fernet:
        if self._keys is None:
            raise OidcOff("this process has no key to seal with")
        return sealer(self._keys, "oidc")
