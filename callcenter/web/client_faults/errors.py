"""The errors of reported faults."""

from __future__ import annotations

from callcenter.errors import TooMany


class TooManyClientFaults(TooMany):
    """A page reports faults faster than anyone reads them."""

    code = "too_many_client_faults"
