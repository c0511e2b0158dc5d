"""Manages the second factor at sign-in: a time-based code (RFC 6238) from the person's device, or a recovery code."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.errors import TotpExists, TotpMissing, TotpUnavailable, WrongCode
from callcenter.web.roles import Person, Role
from callcenter.web.rows import SecondFactorRow, SessionRow, SignInPolicyRow
from callcenter.web.webhooks.service import sealer

SECONDS: Final = 30
RECOVERY_CODES: Final = 10
POLICY: Final = 1
_DRIFT: Final = (0, -1, 1)
"""Tolerated clock drift of the device, in time steps (RFC 6238, 5.2)."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    secret: str
    uri: str
    """The URI that an authenticator reads from a QR code (Key URI Format)."""


class SecondFactors:
    """`keys` is the folder of the machine's key that seals the secrets; None: no one can enrol here."""

    def __init__(self, database: Database, clock: Clock, audit: Audit, keys: Path | None) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._keys = keys

    async def enrolled(self, person_id: str) -> bool:
        async with self._database.read() as session:
            row = await session.get(SecondFactorRow, person_id)
        return row is not None and row.confirmed_at is not None

    async def begin(self, person: Person, issuer: str) -> Enrolment:
        """A new secret, active once a code of it is verified. Raises TotpExists, TotpUnavailable."""
        import pyotp

        secret = pyotp.random_base32()
        sealed = self._sealed(secret)
        async with self._database.write() as session:
            row = await session.get(SecondFactorRow, person.id, with_for_update=True)
            if row is not None and row.confirmed_at is not None:
                raise TotpExists("there is a second factor; remove it first")
            if row is None:
                row = SecondFactorRow(person_id=person.id, secret="", last_step=0, recovery=[])
                session.add(row)
            row.secret = sealed
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=issuer))

    async def confirm(self, person: Person, code: str, address: str) -> list[str]:
        """The recovery codes, which are shown only once. Raises TotpMissing, TotpExists, WrongCode."""
        codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES)]
        async with self._database.write() as session:
            row = await session.get(SecondFactorRow, person.id, with_for_update=True)
            if row is None:
                raise TotpMissing("begin first: ask for a secret")
            if row.confirmed_at is not None:
                raise TotpExists("there is a second factor already")
            step = self._step_of(row, code)
            if step is None:
                raise WrongCode("this is not the code of now")
            row.confirmed_at, row.last_step = self._clock(), step
            row.recovery = [_digest(code) for code in codes]
            await self._audit.append(session, person, "totp.enrolled", person.login, address)
        return codes

    async def check(self, person_id: str, code: str) -> None:
        """Each code and recovery code is valid once, even for two requests at the same instant. Raises WrongCode."""
        async with self._database.write() as session:
            row = await session.get(SecondFactorRow, person_id, with_for_update=True)
            if row is None or row.confirmed_at is None:
                raise WrongCode("there is no second factor")
            step = self._step_of(row, code)
            if step is not None:
                row.last_step = step
                return
            used = _digest(code)
            if used not in row.recovery:
                raise WrongCode("this is not the code of now")
            row.recovery = [code for code in row.recovery if code != used]
            await self._audit.append(session, None, "totp.recovery_used", person_id)

    async def remove(self, person_id: str, by: Person, address: str, *, sign_out: bool = False) -> None:
        """Raises TotpMissing. `sign_out`: by an administrator, for a person who has lost their device."""
        async with self._database.write() as session:
            gone = delete(SecondFactorRow).where(SecondFactorRow.person_id == person_id)
            if await session.scalar(gone.returning(SecondFactorRow.person_id)) is None:
                raise TotpMissing("there is no second factor")
            if sign_out:
                await session.execute(delete(SessionRow).where(SessionRow.person_id == person_id))
            await self._audit.append(session, by, "totp.removed", person_id, address)

    async def demanded_of(self) -> frozenset[Role]:
        """The roles that require a second factor to sign in."""
        async with self._database.read() as session:
            row = await session.get(SignInPolicyRow, POLICY)
        return frozenset(Role(role) for role in row.totp_roles) if row else frozenset()

    async def demand(self, roles: Collection[Role], by: Person, address: str) -> frozenset[Role]:
        """People with one of these roles and no second factor must enrol before anything else."""
        names = sorted(role.value for role in roles)
        async with self._database.write() as session:
            # The audit comes first: it admits one writer at a time, so the row is not created twice.
            await self._audit.append(
                session, by, "sign_in_policy.put", "sign-in-policy", address, {"totp_roles": names}
            )
            changed = update(SignInPolicyRow).where(SignInPolicyRow.id == POLICY).values(totp_roles=names)
            if await session.scalar(changed.returning(SignInPolicyRow.id)) is None:
                session.add(SignInPolicyRow(id=POLICY, totp_roles=names))
        return frozenset(roles)

    def _sealed(self, secret: str) -> str:
        if self._keys is None:
            raise TotpUnavailable("this process has no key to seal secrets with")
        return sealer(self._keys).encrypt(secret.encode()).decode()

    def _step_of(self, row: SecondFactorRow, code: str) -> int | None:
        """The time step of this code, among those after the last used one."""
        import pyotp

        if self._keys is None:
            raise TotpUnavailable("this process has no key to unseal secrets with")
        totp = pyotp.TOTP(sealer(self._keys).decrypt(row.secret.encode()).decode())
        now = int(self._clock().timestamp()) // SECONDS
        given = code.replace(" ", "").encode()
        for drift in _DRIFT:
            right = hmac.compare_digest(totp.generate_otp(now + drift).encode(), given)
            if right and now + drift > row.last_step:
                return now + drift
        return None


async def must_enrol(session: AsyncSession, person: Person) -> bool:
    """Whether a role of this person demands a second factor that they do not have."""
    policy = await session.get(SignInPolicyRow, POLICY)
    if policy is None or not person.roles & set(policy.totp_roles):
        return False
    confirmed = select(SecondFactorRow.confirmed_at).where(SecondFactorRow.person_id == person.id)
    return await session.scalar(confirmed) is None


def _digest(code: str) -> str:
    """A recovery code has 64 random bits, so its SHA-256 reveals nothing."""
    return hashlib.sha256(code.strip().casefold().encode()).hexdigest()
