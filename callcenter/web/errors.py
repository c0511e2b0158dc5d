"""Errors of the web package."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, TooMany, Unavailable


class WrongLogin(NotSignedIn):
    """Unknown login, wrong password or a deactivated person; deliberately indistinguishable."""

    code = "wrong_login"


class TooManyLogins(TooMany):
    code = "too_many_logins"


class ForgedRequest(Forbidden):
    """A cookie came without proof that our own page sent the request (CSRF)."""

    code = "forged_request"


class WrongOrigin(Forbidden):
    code = "wrong_origin"


class UnknownPerson(NotFound):
    code = "no_such_person"


class TokensMakeNoTokens(Forbidden):
    """Otherwise a program could outlive the person who authorised it."""

    code = "tokens_make_no_tokens"


class OutsideScope(Forbidden):
    """The token is valid for other parts of the API; `scope` names what would be needed."""

    code = "outside_token_scope"


class UnknownToken(NotFound):
    code = "no_such_token"


class LoginTaken(Conflict):
    code = "login_taken"


class AgentLinked(Conflict):
    """Another person is already linked to this agent number."""

    code = "agent_linked"


class LastAdministrator(Conflict):
    """No one could administer the centre any more."""

    code = "last_administrator"


class WeakPassword(Invalid):
    code = "weak_password"


class PasswordMustChange(Forbidden):
    """Someone else set this password; its owner must change it before anything else."""

    code = "password_must_change"


class TotpRequired(NotSignedIn):
    """Login and password are correct; a code of the person's device is required as well."""

    code = "totp_required"


class WrongCode(NotSignedIn):
    code = "wrong_code"


class TotpMustEnrol(Forbidden):
    """A role of this person demands a second factor; they must enrol before anything else."""

    code = "totp_must_enrol"


class TotpExists(Conflict):
    code = "totp_exists"


class TotpMissing(NotFound):
    code = "totp_missing"


class TotpUnavailable(Unavailable):
    code = "totp_unavailable"


class KeyReused(Invalid):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_key_reused"


class StillRunning(Conflict):
    """The first request with this Idempotency-Key is unanswered; whether it was executed is not known yet."""

    code = "idempotency_key_running"
