"""The base of all errors: every refusal has a stable code and its facts as attributes.

    CallCentreError
        ├── NotFound        what is named does not exist                 404
        ├── Invalid         the input breaks a rule of its own           422
        ├── Conflict        the input is valid but the state forbids it  409
        ├── Forbidden       the person may not do this                   403
        ├── NotSignedIn     the request has no known person              401
        ├── TooMany         too many requests                            429
        └── Unavailable     a dependency does not answer                 503

Packages subclass these and set `code`; the web package maps the seven kinds to HTTP and nothing else. What a person
reads is the sentence of the code in `callcenter.catalogue`; `detail` is for logs and programmers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class CallCentreError(Exception):
    """A refusal that a person or a program can act on; `facts` never holds a secret."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str, **facts: str | int | float | bool | None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts


class NotFound(CallCentreError):
    code = "not_found"


class Invalid(CallCentreError):
    code = "invalid"


class Conflict(CallCentreError):
    code = "conflict"


class Forbidden(CallCentreError):
    code = "forbidden"


class NotSignedIn(CallCentreError):
    code = "not_signed_in"


class TooMany(CallCentreError):
    code = "too_many"


class Unavailable(CallCentreError):
    code = "unavailable"


class IllegalTransition(Conflict):
    """The state table has no row for this event in this state; nothing was changed."""

    code = "illegal_transition"

    def __init__(self, machine: str, state: str, event: str, possible: Iterable[str] = ()) -> None:
        """`possible` names the events that the state allows."""
        detail = f"{machine}: {event} is not possible while {state}"
        super().__init__(detail, machine=machine, state=state, event=event, possible=", ".join(possible) or None)
