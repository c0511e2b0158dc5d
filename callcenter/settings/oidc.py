"""The settings of sign-in by OpenID Connect (`[web.oidc]`), checked at start-up."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from callcenter.settings.section import Section

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class OidcSettings(Section):
    issuer: str = Field("", max_length=500)
    """The provider's issuer identifier, exactly as its discovery document states it; empty: passwords only."""
    client_id: str = Field("", max_length=200)
    client_secret: SecretStr = SecretStr("")
    client_auth: Literal["client_secret_basic", "client_secret_post", "none"] = "client_secret_basic"
    """How the centre authenticates to the token endpoint; `none` for a public client (PKCE protects the code)."""
    login_claim: str = Field("preferred_username", min_length=1, max_length=100)
    """The claim compared with the login at the first sign-in of a person whom an administrator has allowed."""
    link_days: float = Field(14.0, gt=0, le=365)
    """How long an administrator's permission remains valid for the first sign-in."""
    second_factor: bool = False
    """Whether the provider always asks for a second factor; otherwise its `amr` must contain `mfa` (RFC 8176)."""
    timeout_seconds: float = Field(5.0, gt=0, le=30)

    @property
    def enabled(self) -> bool:
        return bool(self.issuer)

    @field_validator("issuer")
    @classmethod
    def _an_address(cls, issuer: str) -> str:
        if issuer and (not is_safe_address(issuer, plain_too=True) or "?" in issuer or "#" in issuer):
            raise PydanticCustomError("oidc_issuer", "the issuer is an https address")
        return issuer

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        if self.enabled and not self.client_id:
            raise PydanticCustomError("oidc_client_id", "the provider knows the centre by a client_id")
        if self.enabled and bool(self.client_secret.get_secret_value()) == (self.client_auth == "none"):
            raise PydanticCustomError("oidc_client_secret", "client_secret and client_auth do not fit")
        return self


def is_safe_address(address: str, *, plain_too: bool) -> bool:
    """An https address without credentials; with `plain_too` also plain http, on this machine only."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading the port checks it
    except ValueError:
        return False
    scheme_fits = parts.scheme == "https" or (plain_too and parts.scheme == "http" and parts.hostname in LOOPBACK)
    return scheme_fits and bool(parts.hostname) and "@" not in parts.netloc
