"""Refusals of signing in by OpenID Connect."""

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
    """The answer belongs to another browser, is too old, or was used already."""

    code = "oidc_state"


class OidcDenied(NotSignedIn):
    """The provider sent the browser back with an error; `error` is its code where the standards define it."""

    code = "oidc_denied"


class OidcCodeRefused(NotSignedIn):
    """The token endpoint did not accept the authorisation code."""

    code = "oidc_code_refused"


class OidcBadToken(NotSignedIn):
    """The ID token fails a check; `check` names which."""

    code = "oidc_bad_token"


class OidcNotLinked(NotSignedIn):
    """An unknown, disabled or unlinked person; the answers are the same."""

    code = "oidc_not_linked"


class OidcSecondFactor(NotSignedIn):
    """The person has a second factor here, and the provider does not state that it asked for one."""

    code = "oidc_second_factor"


class OidcLinkUnknown(NotFound):
    code = "oidc_link_unknown"
