"""Seals the stored phone secrets with a key of this machine, like webhook secrets, and opens them for the PBX."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.fernet import InvalidToken

from callcenter.agents.errors import SecretUnreadable
from callcenter.web.webhooks.service import sealer

SEALED: Final = "sealed:"
"""Prefix of a sealed secret; one without it predates sealing. Generated secrets contain no colon."""


class PhoneSecrets:
    """Without a key folder, secrets are left as they are: for programs that only read names."""

    def __init__(self, keys: Path | None) -> None:
        self._keys = keys

    def seal(self, secret: str) -> str:
        if self._keys is None or secret.startswith(SEALED):
            return secret
        return SEALED + sealer(self._keys, "phones").encrypt(secret.encode()).decode()

    def open(self, sealed: str, phone: str) -> str:
        """Return the plain secret; raises SecretUnreadable when it was sealed with the key of another machine."""
        if not sealed.startswith(SEALED):
            return sealed
        try:
            if self._keys is None:
                raise InvalidToken
            return sealer(self._keys, "phones").decrypt(sealed.removeprefix(SEALED).encode()).decode()
        except InvalidToken:
            raise SecretUnreadable("the key that sealed this phone's secret is not here", phone=phone) from None
