"""Browsers in which a person has signed in before: attempts of others do not delay them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.web.rows import KnownDeviceRow, PersonRow
from callcenter.web.tokens import hash_token

DEVICE_COOKIE = "cc_device"
DEVICE_KNOWN_FOR = timedelta(days=180)


async def known_device(session: AsyncSession, login: str, device: str | None, now: datetime) -> str | None:
    """The device's hash if this browser has signed this login in before."""
    if device is None:
        return None
    query = (
        select(KnownDeviceRow.token_hash)
        .join(PersonRow, PersonRow.id == KnownDeviceRow.person_id)
        .where(
            KnownDeviceRow.token_hash == hash_token(device),
            PersonRow.login == login,
            KnownDeviceRow.seen_at > now - DEVICE_KNOWN_FOR,
        )
    )
    device_hash: str | None = await session.scalar(query)
    return device_hash


async def note_device(session: AsyncSession, person_id: str, device: str | None, now: datetime) -> str:
    """The browser's token for the next time: its current one, or a new one."""
    await session.execute(delete(KnownDeviceRow).where(KnownDeviceRow.seen_at <= now - DEVICE_KNOWN_FOR))
    if device is not None:
        mine = update(KnownDeviceRow).where(KnownDeviceRow.token_hash == hash_token(device))
        await session.execute(mine.values(seen_at=now))
        return device
    token = secrets.token_urlsafe(32)
    session.add(KnownDeviceRow(token_hash=hash_token(token), person_id=person_id, seen_at=now))
    return token


async def delete_devices(session: AsyncSession, person_id: str) -> None:
    await session.execute(delete(KnownDeviceRow).where(KnownDeviceRow.person_id == person_id))
