"""Webhooks over HTTP, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.roles import ADMINISTRATORS
from callcenter.web.routes import Ask, Page, Routes
from callcenter.web.webhooks.service import Webhook, Webhooks


class WebhookBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=500)]
    types: Annotated[list[str], Field(min_length=1, max_length=50)]


class SwitchBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    active: bool


class WebhookShape(BaseModel):
    id: str
    url: str
    types: list[str]
    active: bool
    created_at: datetime
    created_by: str
    disabled_because: str

    @classmethod
    def of(cls, hook: Webhook) -> WebhookShape:
        return cls(
            **{name: getattr(hook, name) for name in cls.model_fields if name != "types"}, types=list(hook.types)
        )


class NewWebhookShape(WebhookShape):
    secret: str
    """Shown once; receivers verify `webhook-signature` with it."""


class SecretShape(BaseModel):
    secret: str


class DeliveryShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    type: str
    at: datetime
    state: str
    attempts: int
    status: int | None
    error: str
    settled_at: datetime | None


def routes(webhooks: Webhooks) -> Routes:
    routes = Routes("webhooks")

    @routes.get("/webhooks", roles=ADMINISTRATORS)
    async def list_webhooks(ask: Ask) -> Page[WebhookShape]:
        """List the webhook subscriptions."""
        return Page(items=[WebhookShape.of(webhook) for webhook in await webhooks.webhooks()], next=None)

    @routes.post("/webhooks", roles=ADMINISTRATORS, status=201)
    async def add_webhook(ask: Ask, body: WebhookBody) -> NewWebhookShape:
        """Subscribe an external program to events such as `case.*`; its secret is shown only here."""
        hook, secret = await webhooks.add(body.url, body.types, ask.require())
        ask.answer_is_secret()
        return NewWebhookShape(**WebhookShape.of(hook).model_dump(), secret=secret)

    @routes.get("/webhooks/{id}", roles=ADMINISTRATORS)
    async def read_webhook(ask: Ask, id: str) -> WebhookShape:
        """Read a subscription."""
        return WebhookShape.of(await webhooks.webhook(id))

    @routes.put("/webhooks/{id}", roles=ADMINISTRATORS)
    async def switch_webhook(ask: Ask, id: str, body: SwitchBody) -> WebhookShape:
        """Stop or resume the messages to a subscription."""

        def check(current: Webhook) -> None:
            ask.must_match(WebhookShape.of(current))

        return WebhookShape.of(await webhooks.switch(id, body.active, ask.require(), check))

    @routes.post("/webhooks/{id}/secret", roles=ADMINISTRATORS)
    async def rotate_secret(ask: Ask, id: str) -> SecretShape:
        """Create a new secret; messages are also signed with the previous one until the next rotation."""
        ask.answer_is_secret()
        return SecretShape(secret=await webhooks.rotate(id, ask.require()))

    @routes.delete("/webhooks/{id}", roles=ADMINISTRATORS)
    async def remove_webhook(ask: Ask, id: str) -> None:
        """Delete a subscription and its messages."""
        await webhooks.remove(id, ask.require())

    @routes.get("/webhooks/{id}/deliveries", roles=ADMINISTRATORS)
    async def list_deliveries(ask: Ask, id: str) -> Page[DeliveryShape]:
        """List the newest messages and their outcome."""
        return Page(items=[DeliveryShape.model_validate(row) for row in await webhooks.deliveries(id)], next=None)

    @routes.post("/webhook-deliveries/{id}/again", roles=ADMINISTRATORS)
    async def send_again(ask: Ask, id: str) -> None:
        """Send a message again."""
        await webhooks.again(id)

    return routes
