"""Errors of the printed forms."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound, TooMany, Unavailable


class PrintTooLong(Unavailable):
    """The press exceeded its time limit; its process was killed and the service continues."""

    code = "print_too_long"


class PrintFailed(Unavailable):
    """The press could not render this form."""

    code = "print_failed"


class PrintTooBusy(TooMany):
    """Too many forms are waiting for the press."""

    code = "print_too_busy"


class WordNotInstalled(Unavailable):
    """Word forms need the extra: pip install '.[docx]'."""

    code = "docx_not_installed"


class UnknownWordTemplate(NotFound):
    """forms.word_templates contains no template of this name."""

    code = "no_docx_template"


class BadWordTemplate(Invalid):
    code = "bad_docx_template"


class NothingToPrint(Invalid):
    code = "nothing_to_print"


class UnknownPrintedForm(NotFound):
    code = "no_such_form"


class PrintedFormDamaged(Conflict):
    """The archived file is missing or no longer has the checksum it was pinned with."""

    code = "form_damaged"
