"""The errors of phrases."""

from __future__ import annotations

from callcenter.errors import Invalid


class BadPhrases(Invalid):
    code = "bad_phrases"
