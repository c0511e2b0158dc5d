"""Errors of sign-in with OpenID Connect."""

from __future__ import annotations

from callcenter.errors import Forbidden, NotFound, NotSignedIn, Unavailable


class OidcOff(NotFound):
    code = "oidc_off"


class OidcUnreachable(Unavailable):
    """The provider is down, slow, or answers with an error of its own."""

    code = "oidc_unreachable"


class OidcBadAnswer(Unavailable):
    """The provider's answer is not what OpenID Connect defines, is too large, or names another issuer."""

    code = "oidc_bad_answer"


class OidcState(Forbidden):
    """The answer belongs to another browser, is too old, or was already used."""

    code = "oidc_state"


class OidcDenied(NotSignedIn):
    """The provider redirected with an error; `error` is its code if the standards define it."""

    code = "oidc_denied"


class OidcCodeRefused(NotSignedIn):
    """The token endpoint did not accept the authorisation code."""

    code = "oidc_code_refused"


class OidcBadToken(NotSignedIn):
    """The ID token fails a check; `check` names which."""

    code = "oidc_bad_token"


class OidcNotLinked(NotSignedIn):
    """An unknown, deactivated or unlinked person; deliberately the same answer."""

    code = "oidc_not_linked"


class OidcSecondFactor(NotSignedIn):
    """The person has a second factor here, and the provider does not state that it verified one."""

    code = "oidc_second_factor"


class OidcLinkUnknown(NotFound):
    code = "oidc_link_unknown"
