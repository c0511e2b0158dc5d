"""The web room's refusals."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn, TooMany, Unavailable


class WrongLogin(NotSignedIn):
    """Unknown login, wrong password or a person switched off; the three are not told apart on purpose."""

    code = "wrong_login"


class TooManyLogins(TooMany):
    code = "too_many_logins"


class ForgedRequest(Forbidden):
    """A cookie came without the proof that our own page sent the request (CSRF)."""

    code = "forged_request"


class WrongOrigin(Forbidden):
    code = "wrong_origin"


class UnknownPerson(NotFound):
    code = "no_such_person"


class TokensMakeNoTokens(Forbidden):
    """A program would outlive the person who let it in."""

    code = "tokens_make_no_tokens"


class OutsideScope(Forbidden):
    """The token is good for other parts of the API; `scope` names what would be needed."""

    code = "outside_token_scope"


class UnknownToken(NotFound):
    code = "no_such_token"


class LoginTaken(Conflict):
    code = "login_taken"


class AgentLinked(Conflict):
    """Another person is already linked to this agent number."""

    code = "agent_linked"


class LastAdministrator(Conflict):
    """Nobody could administer the house any more."""

    code = "last_administrator"


class WeakPassword(Invalid):
    code = "weak_password"


class PasswordMustChange(Forbidden):
    """Somebody else has set this password; its owner changes it before anything else."""

    code = "password_must_change"


class TotpRequired(NotSignedIn):
    """Login and password are right; a code of the person's device is asked for beside them."""

    code = "totp_required"


class WrongCode(NotSignedIn):
    code = "wrong_code"


class TotpMustEnrol(Forbidden):
    """A role of this person demands a second factor; they enrol before anything else."""

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
    """The first request with this Idempotency-Key has not been answered; whether it was done is not known yet."""

    code = "idempotency_key_running"
