"""The sentences in which refusals reach a person: one catalogue of error codes, each in zh-CN and in English.

The catalogue is the folder `callcenter/catalogue/texts`, a TOML file for each room; `callcenter/catalogue/words.toml`
holds the words for roles, places, states, steps and fields that sentences use. docs/errors.md says how to add a code.

    [unknown_agent]                      the stable code
    zh-CN = "没有工号为 {agent} 的客服专员；请核对工号。"
    en = "No agent has the number {agent}. Check the number."

    [bad_case.field.what_happened]       the sentence where the fact `field` is "what_happened"
    [forbidden.roles.any]                the sentence where there is a fact `roles`

`{agent}` is the error's fact of that name and `{detail}` the words at the place of the error; `{state:state}` looks the
fact up among the words, `{limit:bytes}` and `{next:time}` write it as a person reads it.
"""

from __future__ import annotations

from callcenter.catalogue.languages import (
    ENGLISH,
    LANGUAGES,
    Language,
    language_of,
    negotiated,
    reader,
    terminal_language,
)
from callcenter.catalogue.sentences import sentence, sentence_of, validation_sentence, word

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Language",
    "language_of",
    "negotiated",
    "reader",
    "sentence",
    "sentence_of",
    "terminal_language",
    "validation_sentence",
    "word",
]
