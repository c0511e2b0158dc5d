"""Errors of the prompts: unknown names, values that cannot be read aloud, texts that cannot be parsed."""

from __future__ import annotations

from callcenter.errors import Invalid, NotFound


class UnknownPrompt(NotFound):
    """There is no prompt of this name in this language."""

    code = "unknown_prompt"


class BadPromptValue(Invalid):
    """A value of a prompt is missing, or cannot be read aloud as its kind."""

    code = "bad_prompt_value"


class BadPromptText(Invalid):
    """A prompt's text cannot be parsed: an unknown placeholder or kind, a bad name, nothing to say."""

    code = "bad_prompt_text"
