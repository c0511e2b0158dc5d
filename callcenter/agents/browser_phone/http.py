"""The account of the phone in one's own page."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from callcenter.agents.browser_phone.service import BrowserPhones
from callcenter.web.routes import ANYONE, Ask, Routes

WS_PATH = "/phone/ws"


class TurnShape(BaseModel):
    """For `iceServers` of the page's connection; ask again before `expires_at`."""

    model_config = ConfigDict(from_attributes=True)

    urls: list[str]
    username: str
    credential: str
    expires_at: datetime


class OwnPhoneShape(BaseModel):
    """The SIP account of your browser phone; `ws` is on this origin, and `ice_servers` is empty on a local network.

    `secret` is accepted on `ws` until `secret_expires_at`, while your session lasts, and nowhere else.
    """

    phone: str
    uri: str
    user: str
    secret: str
    secret_expires_at: datetime
    ws: str
    ice_servers: list[str]
    turn: TurnShape | None


def routes(phones: BrowserPhones) -> Routes:
    routes = Routes("agents")

    @routes.get("/phones/self", roles=ANYONE)
    async def read_own_phone(ask: Ask) -> OwnPhoneShape:
        """Read the account of your browser phone with a new short-lived secret; the first access is in the audit."""
        ask.answer_is_secret()
        account = await phones.account(ask.require(), phones.session_of(ask.request))
        turn = account.turn
        return OwnPhoneShape(
            phone=account.phone,
            uri=f"sip:{account.phone}@{account.domain}",
            user=account.phone,
            secret=account.secret.text,
            secret_expires_at=account.secret.expires_at,
            ws=WS_PATH,
            ice_servers=list(account.ice_servers),
            turn=TurnShape.model_validate(turn, strict=False) if turn else None,
        )

    return routes
