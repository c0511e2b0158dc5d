"""The errors of boards."""

from __future__ import annotations

from callcenter.errors import Conflict, Forbidden, Invalid, NotFound


class BadBoard(Invalid):
    """`fault` names what is wrong: the code, the lines or the parts."""

    code = "bad_board"


class OtherBoard(Forbidden):
    """The token of a screen shows the board that it is bound to, and no other."""

    code = "other_board"


class TooManyBoards(Conflict):
    code = "too_many_boards"


class TooManyScreens(Conflict):
    """One board has the maximum number of tokens in use."""

    code = "too_many_screens"


class UnknownBoard(NotFound):
    code = "unknown_board"


class UnknownScreen(NotFound):
    """The board has no such token, or it is already revoked."""

    code = "unknown_screen"
