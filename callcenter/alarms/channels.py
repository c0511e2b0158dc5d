"""Sends an alarm to people outside the pages: e-mail by SMTP, and chat robots. Needs no database."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from aiohttp import ClientError, ClientSession, ClientTimeout, StreamReader

from callcenter.alarms.mail import AT_ONCE, MAIL_FAULTS, deliver
from callcenter.alarms.model import Alarm
from callcenter.alarms.texts import both, headline
from callcenter.clock import Clock
from callcenter.errors import Unavailable
from callcenter.settings.alarms import AlarmSettings, RobotSettings

SECONDS: Final = 5.0
LONGEST_ANSWER: Final = 64 * 1024


class NotNotified(Unavailable):
    """A receiver did not accept an alarm; the attempt is repeated."""

    code = "alarm_not_sent"


class Channel(Protocol):
    """`name` is the kind of channel, `receiver` who is notified; neither is secret."""

    @property
    def name(self) -> str: ...
    @property
    def receiver(self) -> str: ...
    async def send(self, alarm: Alarm) -> None: ...


@dataclass(frozen=True)
class Mail:
    """One message to one address, so that a refused address affects no other."""

    settings: AlarmSettings
    receiver: str
    zone: ZoneInfo
    gate: asyncio.Semaphore
    """Deliveries at once, of all addresses together."""
    name: str = "mail"

    async def send(self, alarm: Alarm) -> None:
        """Raises NotNotified."""
        message = EmailMessage()
        message["From"] = self.settings.mail_from or self.settings.smtp_user or self.receiver
        message["To"] = self.receiver
        message["Subject"] = f"{headline(alarm, 'zh-CN')} / {headline(alarm, 'en')}"
        message.set_content(both(alarm, self.zone))
        try:
            async with self.gate:
                await deliver(self.settings, message)
        except MAIL_FAULTS as error:
            raise NotNotified(type(error).__name__) from error


@dataclass(frozen=True)
class Robot:
    """A robot of a chat group: WeCom and DingTalk share the form of the message, Feishu has its own."""

    settings: RobotSettings
    zone: ZoneInfo
    clock: Clock

    @property
    def name(self) -> str:
        return self.settings.kind

    @property
    def receiver(self) -> str:
        return self.settings.name or self.settings.kind

    async def send(self, alarm: Alarm) -> None:
        """Raises NotNotified; a robot answers 200 also when it refuses, so its code counts."""
        secret = self.settings.secret.get_secret_value()
        body, query = FORMS[self.settings.kind](both(alarm, self.zone), secret, self.clock())
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=SECONDS)) as client,
                client.post(
                    self.settings.url.get_secret_value(), json=body, params=query, allow_redirects=False
                ) as answer,
            ):
                answer_text = json.loads(await _start_of(answer.content)) if answer.status == 200 else {}
        except (ClientError, OSError, TimeoutError, ValueError, RecursionError) as error:
            raise NotNotified(type(error).__name__) from error
        code = answer_text.get("errcode", answer_text.get("code")) if isinstance(answer_text, dict) else None
        if answer.status != 200 or code != 0:
            raise NotNotified(f"HTTP {answer.status}, code {code}")


async def _start_of(content: StreamReader) -> bytes:
    """A robot's answer is short; of a longer one only the beginning is read."""
    start = b""
    while len(start) < LONGEST_ANSWER and (more := await content.read(LONGEST_ANSWER - len(start))):
        start += more
    return start


Form = Callable[[str, str, datetime], tuple[Mapping[str, Any], Mapping[str, str]]]


def _wecom(text: str, _: str, __: datetime) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    return {"msgtype": "text", "text": {"content": text}}, {}


def _dingtalk(text: str, secret: str, now: datetime) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The signature is in the query: the secret signs the time in milliseconds and itself."""
    body = {"msgtype": "text", "text": {"content": text}}
    if not secret:
        return body, {}
    stamp = str(int(now.timestamp() * 1000))
    signed = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return body, {"timestamp": stamp, "sign": base64.b64encode(signed).decode()}


def _feishu(text: str, secret: str, now: datetime) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The signature is in the body: time in seconds and secret are the key of an empty message."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if secret:
        stamp = str(int(now.timestamp()))
        signed = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
        body |= {"timestamp": stamp, "sign": base64.b64encode(signed).decode()}
    return body, {}


FORMS: Final[Mapping[str, Form]] = {"wecom": _wecom, "dingtalk": _dingtalk, "feishu": _feishu}


def channels_of(settings: AlarmSettings, zone: ZoneInfo, clock: Clock) -> list[Channel]:
    gate = asyncio.Semaphore(AT_ONCE)
    mails: list[Channel] = [Mail(settings, address, zone, gate) for address in settings.mail_to if settings.smtp_host]
    return [*mails, *(Robot(robot, zone, clock) for robot in settings.robots)]
