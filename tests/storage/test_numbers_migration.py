"""Tests the migration of numbers stored in a second spelling: they are found, and no file is lost."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from callcenter.storage.database import Database
from callcenter.storage.migrate import HERE, _config, bring_up_to_date

BEFORE = (
    "INSERT INTO customer (id, name, language, standing, notes, aliases, company, addresses, emails, wechat, qq, tags,"
    " team, created_at, version) VALUES (:id, :id, '', 'ordinary', '', '[]', '', '[]', '[]', '', '', '[]', '[]',"
    " '2026-11-24 04:00:00', 1)"
)


async def test_numbers_in_a_second_spelling_are_respelled_and_clashes_stay(empty_database_url: str) -> None:
    database = Database.open(empty_database_url)
    try:
        await database.run(_first)
        await bring_up_to_date(database)
        async with database.read() as session:
            held = {row.number: row for row in await session.execute(text("SELECT * FROM customer_number"))}
            barred = (await session.execute(text("SELECT number, scope FROM do_not_call ORDER BY 1, 2"))).all()
    finally:
        await database.close()
    assert {number: row.customer for number, row in held.items()} == {
        "+8613974812346": "one",
        "+8673188880001": "one",
        "+8613974812347": "one",
        "08613974812347": "two",
        "10105888": "two",
        "8001": "two",
    }
    assert {row.extension for row in held.values()} == {""}
    assert [tuple(row) for row in barred] == [("+8613974812346", "all"), ("+8613974812346", "survey")]


def _first(connection: Connection) -> None:
    ours = next(path.name for path in HERE.glob("versions/*_one_reading_of_numbers.py"))
    command.upgrade(_config(connection), f"{ours[:4]}-1")
    for id in ("one", "two"):
        connection.execute(text(BEFORE), {"id": id})
    numbers = (
        ("08613974812346", "one"),
        ("086073188880001", "one"),
        ("+8613974812347", "one"),
        ("08613974812347", "two"),
        ("+8610105888", "two"),
        ("8001", "two"),
    )
    for number, id in numbers:
        words = "INSERT INTO customer_number (number, customer, place, use) VALUES (:number, :id, 0, '')"
        connection.execute(text(words), {"number": number, "id": id})
    for scope in ("all", "survey"):
        words = (
            "INSERT INTO do_not_call (number, scope, reason, by, at)"
            " VALUES ('08613974812346', :scope, 'x', 'boss', '2026-11-24 04:00:00')"
        )
        connection.execute(text(words), {"scope": scope})
