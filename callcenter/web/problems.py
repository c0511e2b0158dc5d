"""Renders errors as RFC 9457 problem documents; the only table that maps the error classes to HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aiohttp import web
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from callcenter.catalogue import reader, sentence, sentence_of, validation_sentence
from callcenter.errors import CallCentreError, Conflict, Forbidden, Invalid, NotFound, NotSignedIn, TooMany, Unavailable
from callcenter.storage.faults import StorageUnavailable, of_values, passes


class BadJson(Invalid):
    """The body is not JSON, or contains a NUL, which no text may."""

    code = "bad_json"


class BodyTooLarge(Invalid):
    code = "body_too_large"


class TooSlow(Invalid):
    """The body did not arrive within the time limit."""

    code = "body_too_slow"


class TooComplex(Invalid):
    """The body has more parts than any valid input."""

    code = "body_too_complex"


class WrongMediaType(Invalid):
    code = "wrong_media_type"


class ChangedMeanwhile(Conflict):
    """If-Match names another version than the stored one."""

    code = "changed_meanwhile"


class MatchRequired(Conflict):
    """An edit does not state which version it is based on (RFC 6585, 3)."""

    code = "if_match_required"


class BadCursor(Invalid):
    code = "bad_cursor"


# The first match wins, so our own classes come before the seven.
STATUS: tuple[tuple[type[CallCentreError], int], ...] = (
    (BadJson, 400),
    (BodyTooLarge, 413),
    (WrongMediaType, 415),
    (TooSlow, 408),
    (ChangedMeanwhile, 412),
    (MatchRequired, 428),
    (NotFound, 404),
    (Invalid, 422),
    (Conflict, 409),
    (Forbidden, 403),
    (NotSignedIn, 401),
    (TooMany, 429),
    (Unavailable, 503),
    (CallCentreError, 500),
)
MOST_ERRORS = 50
MOST_DESCRIBED = 500
RETRY_AFTER = 5
"""Seconds after which a request that the database could not take may be repeated."""
TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Wrong media type",
    422: "Invalid",
    428: "Precondition required",
    429: "Too many requests",
    500: "Internal error",
    503: "Unavailable",
}


def status_of(error: CallCentreError) -> int:
    return next(status for kind, status in STATUS if isinstance(error, kind))


def problem(
    status: int,
    code: str,
    detail: str,
    facts: Mapping[str, object] | None = None,
    errors: Sequence[Mapping[str, object]] = (),
) -> web.Response:
    """A problem document; `code` is stable and for programs, `detail` is for people, in the reader's language."""
    language = reader.get()
    document: dict[str, object] = {
        "type": f"urn:callcenter:problem:{code}",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if facts:
        document["facts"] = dict(facts)
    if errors:
        document["errors"] = [dict(error) for error in errors]
    text = json.dumps(document, ensure_ascii=False)
    response = web.Response(status=status, text=text, content_type="application/problem+json")
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language, Cookie"})
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503) and facts and "retry_after" in facts:
        response.headers["Retry-After"] = str(facts["retry_after"])
    return response


def problem_of(error: Exception) -> web.Response | None:
    """The problem for a refusal, or None when the error is a fault and not a refusal."""
    match error:
        case CallCentreError():
            return problem(status_of(error), error.code, sentence_of(error), error.facts)
        case ValidationError():
            return _schema_problem(error)
        case StaleDataError():
            return plain_problem(409, "changed_meanwhile", "another person changed this at the same time")
        case IntegrityError():
            return plain_problem(409, "conflict", "this clashes with something that is already stored")
        case _ if of_values(error):
            # Values that match their schema but not the calendar or a column.
            return plain_problem(422, "out_of_range", "a number or an instant is out of range", {"pointer": "/"})
        case _ if passes(error):
            away = StorageUnavailable("the database is away, full or takes no write now", retry_after=RETRY_AFTER)
            return problem(503, away.code, sentence_of(away), away.facts)
        case web.HTTPRequestEntityTooLarge():
            return plain_problem(413, "body_too_large", "the request body is too large")
        case web.HTTPException() if error.status >= 400:
            code = {404: "not_found", 405: "method_not_allowed"}.get(error.status, "http_error")
            answer = plain_problem(error.status, code, error.reason)
            if "Allow" in error.headers:
                answer.headers["Allow"] = error.headers["Allow"]
            return answer
        case _:
            return None


def plain_problem(
    status: int, code: str, detail: str, facts: Mapping[str, str | int | float | bool | None] | None = None
) -> web.Response:
    """A problem without an error class; its sentence is in the catalogue under `code` as well."""
    return problem(status, code, sentence(code, facts or {}, detail, reader.get()), facts)


def _schema_problem(error: ValidationError) -> web.Response:
    count = error.error_count()
    # Thousands of errors are no human mistake; describing each would delay all others.
    pointers = _pointers(error) if count <= MOST_DESCRIBED else []
    first = pointers[0] if pointers else {}
    facts = {"count": count, "pointer": first.get("pointer"), "message": first.get("message")}
    detail = sentence("invalid", facts, "the request breaks its schema", reader.get())
    return problem(422, "invalid", detail, errors=pointers)


def _pointers(error: ValidationError) -> list[dict[str, object]]:
    """Place and reason, but never the value that was sent: it may be a password."""
    return [
        {
            "pointer": "/" + "/".join(str(part) for part in fault["loc"]),
            "message": validation_sentence(fault["type"], fault.get("ctx", {}), fault["msg"], reader.get()),
            "rule": fault["type"],
        }
        for fault in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
    ]
