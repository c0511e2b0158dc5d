"""HTTP: addresses, sessions, tokens, live feed."""

from __future__ import annotations

from pydantic import Field, IPvAnyNetwork, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from callcenter.settings.oidc import OidcSettings
from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.section import RetentionSettings as RetentionSettings
from callcenter.settings.section import Section


class WebSettings(Section):
    host: str = "127.0.0.1"
    port: int = 8080
    public_origin: str = ""
    """The origin that browsers use, such as https://centre.example.cn; when empty, the request's own host."""
    secure_cookie: bool | None = None
    """Whether browsers use TLS, so that cookies are `Secure` and `__Host-`; by default, `public_origin` decides."""
    session_hours: float = 12.0
    token_days: float = Field(365.0, gt=0, le=3650)
    """How many days a program's token is valid when no end is given."""
    session_idle_minutes: float = Field(120.0, gt=0)
    """A session ends after this time without use; an open page with its live feed counts as use."""
    metrics_token: SecretStr = SecretStr("")
    """The bearer token for scraping /metrics; without one only this machine itself may read them."""
    live_sockets: int = Field(10, ge=1)
    """How many live feeds one person may have open at a time."""
    login_tries_per_minute: int = Field(10, ge=1)
    """Wrong passwords of one login from one address that are not delayed; further ones wait up to 4 s."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks of the trusted proxies; X-Forwarded-For is used only from them."""
    customer_files_an_hour: int = Field(200, ge=1)
    """How many complete customer files an agent may read in an hour; more looks like bulk copying."""
    feed_queue: int = 500
    """How many deltas a slow client may lag behind before it gets a new snapshot."""
    feed_history: int = 5000
    webhooks_inside: bool = False
    """Whether webhooks may go to private and loopback addresses: a subscription could then reach internal systems."""
    oidc: OidcSettings = OidcSettings()

    @model_validator(mode="after")
    def _public_for_oidc(self) -> WebSettings:
        if self.oidc.enabled and not self.public_origin:
            raise PydanticCustomError("oidc_public_origin", "the provider leads browsers back to public_origin")
        return self

    @property
    def over_tls(self) -> bool:
        return self.public_origin.startswith("https://") if self.secure_cookie is None else self.secure_cookie
