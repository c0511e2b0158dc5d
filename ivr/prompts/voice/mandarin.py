"""Mandarin text as the phonemes that Kokoro was trained with: IPA with an arrow for the tone. Pure.

Words come from jieba (the model hears where one ends), pinyin from pypinyin with tone sandhi (一, 不, and a third tone
before a third). The table of initials and finals follows the transcription of misaki 0.9.4 (Apache-2.0), with which the
model was trained.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

_INITIALS: Final = MappingProxyType(
    {
        "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k", "k": "kʰ",
        "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ",
        "s": "s", "": "",
    }
)  # fmt: skip
_FINALS: Final = MappingProxyType(
    {
        "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n",
        "eng": "ə0ŋ", "er": "ɚ0", "o": "wo0", "ong": "ʊ0ŋ", "ou": "ou0", "i": "i0", "ia": "ja0", "ian": "jɛ0n",
        "iang": "ja0ŋ", "iao": "jau0", "ie": "je0", "in": "i0n", "ing": "i0ŋ", "iong": "jʊ0ŋ", "iu": "jou0",
        "u": "u0", "ua": "wa0", "uai": "wai0", "uan": "wa0n", "uang": "wa0ŋ", "ui": "wei0", "un": "wə0n",
        "uo": "wo0", "v": "y0", "ve": "ɥe0", "van": "ɥɛ0n", "vn": "y0n",
    }
)  # fmt: skip
"""`0` is where the tone goes."""
_WHOLE: Final = MappingProxyType(
    {
        "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "you": "iu", "yan": "ian", "yin": "in", "yang": "iang",
        "ying": "ing", "yong": "iong", "yo": "o", "wu": "u", "wa": "ua", "wo": "uo", "wai": "uai", "wei": "ui",
        "wan": "uan", "wen": "un", "wang": "uang", "weng": "un", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn",
    }
)  # fmt: skip
"""Syllables without an initial, which pinyin spells with y and w, as finals."""
_TONES: Final = MappingProxyType({"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""})
_SYLLABLE: Final = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs]?)([aeiouv]\w*)([1-5])")
_BUZZ: Final = frozenset({"zh", "ch", "sh", "r", "z", "c", "s"})
"""Initials after which i is a mere continuation of the consonant."""
_PUNCTUATION: Final = str.maketrans(
    {"，": ", ", "、": ", ", "。": ". ", "！": "! ", "？": "? ", "：": ": ", "；": "; ", "（": " (", "）": ") "}
)
_HAN: Final = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff]+)")
_DIGITS: Final = str.maketrans("0123456789", "零一二三四五六七八九")
_LETTERS: Final = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (
            "ˈA bˈi sˈi dˈi ˈi ˈɛf ʤˈi ˈAʧ ˈI ʤˈA kˈA ˈɛl ˈɛm ˈɛn ˈO pˈi kjˈu ˈɑɹ ˈɛs tˈi jˈu vˈi dˈʌbᵊlju ˈɛks wˈI zˈi"
        ).split(),
        strict=True,
    )
)
"""Latin letters, which are named in the English way."""
_LATIN: Final = re.compile(r"[A-Za-z]")
_READINGS: Final = MappingProxyType({"幺": "腰", "重听": "虫听", "重新": "虫新", "更好地": "更好的", "请按": "请按，"})
"""Words that the dictionary reads otherwise, by characters that sound as they do."""


def syllable(pinyin: str) -> str:
    """One syllable such as `zhong1` as phonemes; empty for what is none."""
    pinyin = pinyin.replace("ü", "v")
    if pinyin[:-1] in _WHOLE:
        return _FINALS[_WHOLE[pinyin[:-1]]].replace("0", _TONES[pinyin[-1]])
    match = _SYLLABLE.fullmatch(pinyin)
    if match is None:
        return ""
    initial, final, tone = match.groups()
    if initial in ("j", "q", "x") and final[0] == "u":
        final = "v" + final[1:]
    if initial in _BUZZ and final == "i":
        sound = "ɨ0"
    elif not initial and final == "o":
        sound = "ɔ0"
    else:
        sound = _FINALS.get(final, "")
    return _INITIALS[initial] + sound.replace("0", _TONES[tone])


def phonemes(text: str) -> str:
    """Mandarin text as phonemes, a space between words."""
    for written, read in _READINGS.items():
        text = text.replace(written, read)
    parts = _HAN.split(text.translate(_DIGITS).translate(_PUNCTUATION))
    return "".join(_words(part) if place % 2 else _named(part) for place, part in enumerate(parts)).strip()


def _named(text: str) -> str:
    """What is not Mandarin: punctuation stays, letters are named."""
    return _LATIN.sub(lambda letter: f" {_LETTERS[letter.group().upper()]} ", text)


def _words(han: str) -> str:
    import rjieba
    from pypinyin import Style, lazy_pinyin

    words = rjieba.cut(han)
    spelled = lazy_pinyin(words, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    # Sandhi goes no further than a word there; 不 is often a word of its own.
    spelled = [
        "bu2" if sound == "bu4" and following.endswith("4") else sound
        for sound, following in zip(spelled, [*spelled[1:], ""], strict=True)
    ]
    result, place = [], 0
    for word in words:
        result.append("".join(syllable(pinyin) for pinyin in spelled[place : place + len(word)]))
        place += len(word)
    return " ".join(result)
