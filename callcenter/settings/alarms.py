"""Settings of alarms: who is notified of a failure (R7), and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from callcenter.settings.section import Section

Address = Annotated[str, Field(max_length=254, pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$")]


class RobotSettings(Section):
    """A robot of a chat group. Its address contains the key, so it is a secret."""

    kind: Literal["wecom", "dingtalk", "feishu"]
    url: SecretStr
    secret: SecretStr = SecretStr("")
    """Signs the messages, where the robot requires it (DingTalk, Feishu)."""
    name: str = Field("", max_length=40)
    """Shown in the record of who was notified."""


class AlarmSettings(Section):
    """Without an address and a robot, alarms reach only the pages and the webhooks."""

    mail_to: list[Address] = []
    mail_from: str = Field("", max_length=254)
    smtp_host: str = ""
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    robots: list[RobotSettings] = []
    look_seconds: float = Field(1.0, gt=0, le=5)
    """How often failures are checked for."""
    gap_seconds: float = Field(20.0, ge=10)
    """A service that was down for longer raises an alarm when it is back."""
    apologies: bool = True
    """Whether each caller who was cut off or turned away becomes a return call when the failure has ended."""
