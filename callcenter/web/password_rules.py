"""Checks passwords: at least twelve characters or a passphrase, and none of the common ones. Pure.

NIST SP 800-63B (3.1.1): length and a list of common passwords, no rules about kinds of characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from callcenter.web.errors import WeakPassword

SHORTEST: Final = 12
LONGEST: Final = 256
FEWEST: Final = 5
"""Distinct characters, below which a password is a pattern."""
_IDEOGRAPH: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LEET: Final = str.maketrans("013457@$!", "oieastasi")


def weight(password: str) -> int:
    """The weighted length: an ideograph is a syllable of a word and counts as two letters."""
    return len(password) + len(_IDEOGRAPH.findall(password))


def check_password(password: str, login: str = "") -> None:
    """Raises WeakPassword with the reason as `why`: length, common, pattern or login."""
    if len(password) > LONGEST or weight(password) < SHORTEST:
        raise WeakPassword(
            f"a password has {SHORTEST} to {LONGEST} characters", shortest=SHORTEST, longest=LONGEST, why="length"
        )
    folded = unicodedata.normalize("NFKC", password).casefold()
    # Digits alone are a telephone number, a date, an account number.
    if len(set(folded)) < FEWEST or _is_sequence(folded) or re.sub(r"[\W_]+", "", folded).isdigit():
        raise WeakPassword("this is a pattern that is tried first", why="pattern")
    if _is_common(folded):
        raise WeakPassword("this password is on the list of common ones", why="common")
    name = login.casefold()
    if len(name) >= 4 and name in folded and weight(folded.replace(name, "")) < SHORTEST // 2:
        raise WeakPassword("this password is the login with a little beside it", why="login")


def _is_sequence(folded: str) -> bool:
    """Whether most steps go up or down by one, or repeat: 123456789012, abcdefghijkl, 111122223333."""
    steps = [ord(after) - ord(before) for before, after in pairwise(folded)]
    return sum(step in (-1, 0, 1) for step in steps) >= len(steps) * 0.75


def _is_common(folded: str) -> bool:
    words = common_words()
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    looks = (folded, bare, folded.translate(_LEET), bare.translate(_LEET))
    forms = {form for look in looks for form in (look, re.sub(r"[\W_]+", "", look))}
    return any(form in words or _is_repeated(form, words) for form in forms)


def _is_repeated(text: str, words: frozenset[str]) -> bool:
    """Whether it consists only of common words: passwordpassword, adminadmin123."""
    reached = {0}
    for start in range(len(text)):
        if start in reached:
            reached |= {start + size for size in range(3, 17) if text[start : start + size] in words}
    return bool(text) and len(text) in reached


@cache
def common_words() -> frozenset[str]:
    """The most common passwords, one per line in `common_passwords.txt`; lines that begin with # are comments."""
    text = (files("callcenter.web") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
