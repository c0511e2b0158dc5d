"""The errors of saved filters."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class BadSavedFilter(Invalid):
    """The list does not have this parameter, or not with this value."""

    code = "bad_saved_filter"


class FilterNotShared(Forbidden):
    """Only leaders share a filter."""

    code = "filter_not_shared"


class SavedFilterTaken(Conflict):
    code = "saved_filter_taken"


class TooManySavedFilters(Conflict):
    code = "too_many_saved_filters"


class UnknownSavedFilter(NotFound):
    code = "unknown_saved_filter"
