"""Extensions behind telephone numbers, and numbers that were kept in a second spelling.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import re
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What was read as a number without its area code, and is one of China: 08613974812346, 086073188880001, 14012345678;
# 1010xxxx became a number of Beijing, and a number of Beijing behind +86 a short message's.
_SPELLINGS: Final = (
    (re.compile(r"(?:086)?0?(1[3-9][0-9]{9})"), r"+86\1"),
    (re.compile(r"0860?([2-9][0-9]{9}|[3-9][0-9]{10}|10[2-9][0-9]{7}|400[0-9]{7})"), r"+86\1"),
    (re.compile(r"(106[0-9]{7})"), r"+86\1"),
    (re.compile(r"\+86(1010[0-9]{4})"), r"\1"),
)


def upgrade() -> None:
    for table in ("customer_number", "return_call"):
        op.add_column(table, sa.Column("extension", sa.String(40), nullable=False, server_default=""))
    for table, others in (("customer_number", ()), ("do_not_call", ("scope",))):
        _respell(table, others)


def downgrade() -> None:
    for table in ("customer_number", "return_call"):
        op.drop_column(table, "extension")


def _respell(table: str, others: tuple[str, ...]) -> None:
    """A number that is there in both spellings stays as it is: which file is right is for people to decide."""
    connection = op.get_bind()
    columns = sa.table(table, sa.column("number"), *(sa.column(name) for name in others))
    keys = [tuple(row) for row in connection.execute(sa.select(*columns.c))]
    held = set(keys)
    for number, *rest in keys:
        better = _better(number)
        if better is None or (better, *rest) in held:
            continue
        same = [columns.c[name] == value for name, value in zip(others, rest, strict=True)]
        connection.execute(sa.update(columns).where(columns.c.number == number, *same).values(number=better))


def _better(number: str) -> str | None:
    for spelling, form in _SPELLINGS:
        if found := spelling.fullmatch(number):
            return found.expand(form)
    return None
