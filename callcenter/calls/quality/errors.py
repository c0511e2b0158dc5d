"""The errors of measured quality."""

from __future__ import annotations

from callcenter.errors import Conflict, Invalid


class BadSample(Invalid):
    """An interval lies outside the call."""

    code = "bad_sample"


class QualityFull(Conflict):
    """So many intervals of this call are kept already."""

    code = "quality_full"
