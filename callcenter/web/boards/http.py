"""Routes of boards and of their screens' tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.web.boards.model import LONGEST_CODE, PARTS, Board, ScreenToken
from callcenter.web.boards.service import Boards
from callcenter.web.boards.tokens import ScreenTokens
from callcenter.web.routes import LEADERS, Ask, Page, Routes, etag_of

Part = Literal["figures", "queues", "calls", "agents"]
LineName = Annotated[str, Field(min_length=1, max_length=31)]


def every_part() -> list[Part]:
    return ["figures", "queues", "calls", "agents"]


class WallBoardBody(BaseModel):
    """What a screen shows: without `lines` the whole centre; pages turn every `turn_seconds`."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=r"\S")
    lines: list[LineName] = Field(default=[], max_length=20)
    parts: list[Part] = Field(default_factory=every_part, min_length=1, max_length=len(PARTS))
    turn_seconds: int = Field(12, ge=5, le=300)


class WallBoardShape(WallBoardBody):
    code: str = Field(max_length=LONGEST_CODE)

    @classmethod
    def of(cls, board: Board) -> Self:
        return cls.model_validate(
            {
                "code": board.code,
                "name": board.name,
                "lines": list(board.lines),
                "parts": list(board.parts),
                "turn_seconds": board.turn_seconds,
            }
        )


class ScreenTokenShape(BaseModel):
    """The token of one screen, without its value."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    board: str
    name: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None


class NewScreenToken(BaseModel):
    """`name` says which screen it is for; without `expires_at` it expires after `web.token_days`."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=r"\S")
    expires_at: AwareDatetime | None = None


class CreatedScreenToken(ScreenTokenShape):
    """`token` is shown only here; `path` is the address of the screen on this service, with the token behind its #."""

    token: str
    path: str


def routes(boards: Boards, tokens: ScreenTokens) -> Routes:
    routes = Routes("boards")

    @routes.get("/boards", roles=LEADERS)
    async def list_boards(ask: Ask) -> Page[WallBoardShape]:
        """List the boards for screens on the wall."""
        return Page(items=[WallBoardShape.of(board) for board in await boards.boards()])

    @routes.get("/boards/{code}", roles=LEADERS)
    async def read_board(ask: Ask, code: str) -> WallBoardShape:
        """Read a board."""
        shape = WallBoardShape.of(await boards.board(code))
        ask.headers["ETag"] = etag_of(shape)
        return shape

    @routes.put("/boards/{code}", roles=LEADERS, max_body=8_000)
    async def put_board(ask: Ask, code: str, body: WallBoardBody) -> WallBoardShape:
        """Add or replace a board; its screens follow within a minute."""

        def check(current: Board | None) -> None:
            if current is not None:
                ask.must_match(WallBoardShape.of(current))

        board = Board(code, body.name, tuple(body.lines), tuple(body.parts), body.turn_seconds)
        shape = WallBoardShape.of(await boards.put(board, ask.require(), check, ask.address))
        ask.headers["ETag"] = etag_of(shape)
        return shape

    @routes.delete("/boards/{code}", roles=LEADERS)
    async def delete_board(ask: Ask, code: str) -> None:
        """Delete a board; the tokens of its screens end."""
        await boards.delete(code, ask.require(), ask.address)

    @routes.get("/boards/{code}/tokens", roles=LEADERS)
    async def list_screen_tokens(ask: Ask, code: str) -> Page[ScreenTokenShape]:
        """List the tokens of a board's screens, including revoked ones, without their values."""
        return Page(items=[ScreenTokenShape.model_validate(token) for token in await tokens.of(code)])

    @routes.post("/boards/{code}/tokens", roles=LEADERS, status=201, max_body=4_000)
    async def add_screen_token(ask: Ask, code: str, body: NewScreenToken) -> CreatedScreenToken:
        """Create the token of a screen: it opens this board and nothing else; only this response has its value.

        It ends with its creator's account, and a token cannot create tokens (403 tokens_make_no_tokens).
        """
        ask.answer_is_secret()
        token, text = await tokens.add(code, body.name, body.expires_at, ask.require(), ask.address)
        return _created(token, text)

    @routes.delete("/boards/{code}/tokens/{token_id}", roles=LEADERS)
    async def revoke_screen_token(ask: Ask, code: str, token_id: str) -> None:
        """Revoke the token of a screen; its live feed closes within 15 seconds."""
        await tokens.revoke(code, token_id, ask.require(), ask.address)

    return routes


def _created(token: ScreenToken, text: str) -> CreatedScreenToken:
    shape = ScreenTokenShape.model_validate(token)
    return CreatedScreenToken(**shape.model_dump(), token=text, path=f"/wall#token={text}")
