"""Hashes passwords with argon2id, off the loop and few at a time (one hash takes some 0.1 s and 64 MB)."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callcenter.web.password_rules import LONGEST, check_password

AT_ONCE = 2


class Passwords:
    """Hash and verify."""

    default: ClassVar[PasswordHasher] = PasswordHasher()
    """Tests replace it with a cheap one."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or self.default
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._dummy_hash: str | None = None

    async def hash(self, password: str, login: str = "") -> str:
        """Raises WeakPassword."""
        check_password(password, login)
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Takes as long for an unknown person (`stored` is None) as for a known one."""
        if self._dummy_hash is None:
            self._dummy_hash = await self.hash("no one has this password")
        async with self._turns:
            right = await asyncio.to_thread(self._matches, stored or self._dummy_hash, password[: LONGEST + 1])
        return right and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
