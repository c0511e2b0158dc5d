"""Renders a form as one HTML page: the same page on screen and, through the press, on A4.

Every text is escaped by Jinja2 (autoescape), stripped of unprintable characters, and cut at a limit: a caller's
megabyte must neither become markup nor keep the press busy for minutes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from callcenter.paper.model import LANGUAGES, Form, Head, title_key
from callcenter.paper.texts import texts_of

if TYPE_CHECKING:
    # Imported where a page is rendered: most commands and most hours of a service render none.
    from jinja2 import Environment
    from markupsafe import Markup

FIELD_LIMIT: Final = 20_000
"""Maximum characters of one printed field, about ten pages; the system keeps the whole text."""
ROW_LIMIT: Final = 200
QR_LIMIT: Final = 300

# Control characters have no glyph; directional overrides could make a signature read as another person's.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

# Pango searches for a place to break a long word again and again: 20,000 letters in a row took ten seconds.
_ENDLESS: Final = re.compile(r"([^\s\u2e80-\ud7ff\uf900-\uffef]{40})(?=[^\s\u2e80-\ud7ff\uf900-\uffef])")
_BREAK_HERE: Final = "\u200b"


def printable(text: object) -> str:
    """Returns the text without unprintable and directional characters; line breaks stay."""
    return _UNPRINTABLE.sub("", str(text).replace("\r\n", "\n").replace("\r", "\n"))


def plain(text: object) -> str:
    """Returns the text as it can be printed: a word of over 40 letters may be broken."""
    return _ENDLESS.sub(rf"\1{_BREAK_HERE}", printable(text))


def fitting(text: object, language: str, limit: int = FIELD_LIMIT) -> str:
    """Returns the text, cut at `limit` characters with a note of how much is left out."""
    whole = str(text)
    if len(whole) <= limit:
        return plain(whole)
    return plain(whole[:limit]) + "\n" + texts_of(language)["further"].format(len(whole) - limit)


def day(at: datetime | None, head: Head) -> str:
    """Formats a day on the centre's calendar in the given language; empty for None."""
    if at is None:
        return ""
    local = at.astimezone(head.zone)
    return f"{local:%Y-%m-%d}" if head.language == "en" else f"{local.year}年{local.month}月{local.day}日"


def instant(at: datetime | None, head: Head, *, seconds: bool = False) -> str:
    """Formats a time in the centre's time zone; `seconds` for telephone events."""
    if at is None:
        return ""
    return f"{day(at, head)} {at.astimezone(head.zone):{'%H:%M:%S' if seconds else '%H:%M'}}"


def span(seconds: float | None) -> str:
    """Formats a duration as m:ss or h:mm:ss; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def qr_code(head: Head) -> Markup:
    """Returns the QR code of a form as inline SVG: its address in the system, or its number."""
    import segno
    from markupsafe import Markup

    what = printable(head.link or head.number)[:QR_LIMIT] or "-"
    out = io.BytesIO()
    # Safe as markup: segno generates it, and the text is in the code's modules only.
    segno.make(what, error="m", boost_error=False, micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, nl=False
    )
    return Markup(out.getvalue().decode())


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("callcenter.paper"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment


def page_of(form: Form, *, limit: int = FIELD_LIMIT) -> str:
    """Returns the whole HTML page of a form."""
    return _environment().get_template(f"{form.kind.value}.html").render(context_of(form, limit=limit))


def context_of(form: Form, *, limit: int = FIELD_LIMIT) -> Mapping[str, Any]:
    """Returns the names available to templates: `form`, `t` (words), and formatters of text, times and spans."""
    head, words = form.head, texts_of(form.head.language)
    other = next(language for language in LANGUAGES if language != head.language)

    def plain(text: object) -> str:
        return fitting(text, head.language, limit)

    def word(key: object) -> str:
        """Translates a value of a table; a value without translation is shown as it is."""
        return words.get(str(key), plain(key))

    def few(rows: Sequence[Any]) -> Sequence[Any]:
        return rows[:ROW_LIMIT]

    return {
        "form": form,
        "head": head,
        "t": words,
        "title": words[title_key(form)],
        "subtitle": texts_of(other)[title_key(form)],
        "plain": plain,
        "exact": lambda text: printable(text)[:200],
        "word": word,
        "few": few,
        "row_limit": ROW_LIMIT,
        "when": lambda at: instant(at, head),
        "exactly": lambda at: instant(at, head, seconds=True),
        "day": lambda at: day(at, head),
        "span": span,
        "qr": qr_code(head),
    }
