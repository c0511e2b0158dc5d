"""What can be wrong with a form."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid, NotFound, TooMany, Unavailable


class PrintTooLong(Unavailable):
    """The press did not finish within its time limit; its process was ended and the service went on."""

    code = "print_too_long"


class PrintFailed(Unavailable):
    """The press could not make anything of this form."""

    code = "print_failed"


class PrintTooBusy(TooMany):
    """Too many forms wait for the press already."""

    code = "print_too_busy"


class WordNotInstalled(Unavailable):
    """Word forms need the extra: pip install '.[docx]'."""

    code = "docx_not_installed"


class UnknownWordTemplate(NotFound):
    """The centre has put no template of this name into forms.word_templates."""

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
