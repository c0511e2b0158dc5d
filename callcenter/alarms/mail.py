"""Hands messages to a mail server: each in a thread of its own and within a limit, so that a hanging one holds nothing.

The threads that asyncio shares are those of files and printing: a few mails to a server that accepts and never answers
would hold all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Final

from callcenter.settings.alarms import AlarmSettings

SECONDS: Final = 5.0
"""Until the server answers one command."""
WHOLE_SECONDS: Final = 15.0
"""Until it has taken the message: a server that sends a byte now and then reaches no limit of a command."""
AT_ONCE: Final = 8
MAIL_FAULTS: Final = (smtplib.SMTPException, OSError, ValueError)
"""How a delivery fails. A password or an address with letters that SMTP cannot carry is a ValueError."""


async def deliver(settings: AlarmSettings, message: EmailMessage, seconds: float = WHOLE_SECONDS) -> None:
    """Hand over one message. Raises one of `MAIL_FAULTS`, TimeoutError among them."""
    delivery, pool = _Delivery(settings, message), ThreadPoolExecutor(1, "mail")
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().run_in_executor(pool, delivery.run)
    finally:
        delivery.give_up()
        pool.shutdown(wait=False)


class _Delivery:
    """One message in its thread; `give_up` may be called from another one and wakes it."""

    def __init__(self, settings: AlarmSettings, message: EmailMessage) -> None:
        self._settings = settings
        self._message = message
        self._server: smtplib.SMTP | None = None

    def run(self) -> None:
        settings, context = self._settings, ssl.create_default_context()
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(timeout=SECONDS)
        self._server = server
        server.connect(settings.smtp_host, settings.smtp_port)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(self._message)

    def give_up(self) -> None:
        """Close the connection of a delivery that has not ended; one that has ended has none."""
        door = None if self._server is None else self._server.sock
        if door is not None:
            with contextlib.suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
