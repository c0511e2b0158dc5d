"""Phones' secrets as they are kept: sealed with a key of this machine, as webhooks' are; opened for the PBX."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.fernet import InvalidToken

from callcenter.agents.errors import SecretUnreadable
from callcenter.web.webhooks.service import sealer

SEALED: Final = "sealed:"
"""How a kept secret begins; one without was kept before they were sealed. Generated secrets have no colon."""


class PhoneSecrets:
    """Without a folder of keys secrets stay as they are: for programs that only read names."""

    def __init__(self, keys: Path | None) -> None:
        self._keys = keys

    def seal(self, secret: str) -> str:
        if self._keys is None or secret.startswith(SEALED):
            return secret
        return SEALED + sealer(self._keys, "phones").encrypt(secret.encode()).decode()

    def open(self, kept: str, phone: str) -> str:
        """Raises SecretUnreadable when this machine has another key than the one it was sealed with."""
        if not kept.startswith(SEALED):
            return kept
        try:
            if self._keys is None:
                raise InvalidToken
            return sealer(self._keys, "phones").decrypt(kept.removeprefix(SEALED).encode()).decode()
        except InvalidToken:
            raise SecretUnreadable("the key that sealed this phone's secret is not here", phone=phone) from None
