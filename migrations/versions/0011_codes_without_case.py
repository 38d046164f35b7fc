"""Codes that differ in case alone are the same; codes and names lose the characters that nobody sees, and «Ð» becomes
«Đ»."""

from collections import defaultdict

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

from training.core.vietnamese import clean_code, code_key, nfc, person_sort_key, search_key, sort_key

revision = "0011"
down_revision = "0010"

NAMED = (
    "place", "unit", "position", "employee", "user_account", "course", "host", "room", "lecturer", "title",
    "competency", "standard", "planning_review", "fund", "lecturer_tier", "training_class", "round", "plan", "issuer",
)  # fmt: skip
OF_PEOPLE = {"employee", "lecturer", "user_account"}
SEARCHED = {"certificate": "search_key", "document": "search"}  # frozen papers: found again, their words stay


def upgrade() -> None:
    connection = op.get_bind()
    _refuse_collisions(connection)
    for table in NAMED:
        _repair(connection, table)
    for row_id, code in connection.execute(sa.text("SELECT id, code FROM class_option")).all():
        if clean_code(code) != code:
            change = sa.text("UPDATE class_option SET code = :code WHERE id = :id")
            connection.execute(change, {"id": row_id, "code": clean_code(code)})
    for table, column in SEARCHED.items():
        for row_id, found in connection.execute(sa.text(f"SELECT id, {column} FROM {table}")).all():
            if search_key(found) != found:
                change = sa.text(f"UPDATE {table} SET {column} = :found WHERE id = :id")
                connection.execute(change, {"id": row_id, "found": search_key(found)})
    for table in (*NAMED, "class_option"):
        op.create_index(f"uq_{table}_code_folded", table, [sa.text("upper(code)")], unique=True)


def downgrade() -> None:
    for table in (*NAMED, "class_option"):
        op.drop_index(f"uq_{table}_code_folded", table_name=table)


def _refuse_collisions(connection: sa.Connection) -> None:
    """Only people can tell which of two rows with the same code is the right one."""
    told = []
    for table in (*NAMED, "class_option"):
        name = "name" if table in NAMED else "''"
        same = defaultdict(list)
        for row_id, code, called in connection.execute(
            sa.text(f"SELECT id, code, {name} FROM {table} ORDER BY id")
        ).all():
            same[code_key(code)].append(f"{ascii(code)[1:-1]} (id {row_id}{', ' if called else ''}{called})")
        told += [f"  {table}: {'; '.join(rows)}" for rows in same.values() if len(rows) > 1]
    if told:
        raise CommandError(
            "These codes are the same but for their case or for characters that nobody sees. Give one of each pair"
            " another code, or delete it, in the release that runs now; then upgrade again. Nothing was changed.\n"
            + "\n".join(told)
        )


def _repair(connection: sa.Connection, table: str) -> None:
    key_of = person_sort_key if table in OF_PEOPLE else sort_key
    statement = sa.text(
        f"UPDATE {table} SET code = :code, name = :name, search_key = :search, sort_key = :sort WHERE id = :id"
    )
    rows = connection.execute(sa.text(f"SELECT id, code, name, search_key, sort_key FROM {table}")).all()
    for row_id, *stored in rows:
        code, name, search, _sort = stored
        mended = [clean_code(code), nfc(name), search_key(search), key_of(name)]
        if mended != stored:
            values = dict(zip(("code", "name", "search", "sort"), mended, strict=True))
            connection.execute(statement, {"id": row_id, **values})
