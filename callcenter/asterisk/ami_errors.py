"""Why an action has no answer, or a refusal."""

from __future__ import annotations

from callcenter.errors import Conflict, Unavailable


class AmiClosed(Unavailable):
    """The connection is gone; unanswered actions may or may not have been executed."""

    code = "ami_closed"


class AmiTimeout(Unavailable):
    """No answer in time; the action may or may not have been executed."""

    code = "ami_timeout"


class AmiRefused(Conflict):
    """Asterisk answered with an error; its message is in `detail`."""

    code = "ami_refused"


class AmiLoginRefused(AmiRefused):
    """Wrong name or secret; an early retry would only look like an attack."""

    code = "ami_login_refused"
