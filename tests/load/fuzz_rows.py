"""Whose rows are whose, told apart without any query of the product: for `tests.load.fuzz`.

1. **Read.** Every person's name gets a mark that names the row («… Zq17qZ»). A mark in an answer is a person who
   was read, wherever the answer holds it: a page, JSON, a calendar, any part of a workbook or of an archive.
2. **Written.** A trigger on every table that belongs to a person (over any chain of foreign keys) notes each row
   that is written. It notes what the database did, whatever the product says of it.
3. **Permitted** is a plain reading of the access table: of the roles that open the view, planners and
   administrators are permitted everybody, officers the subtrees that their account names, leaders, appraisers and
   finance officers the same, or everybody if it names none, hosts who sits or sat in a class of theirs, trainees
   themself. Two roles are permitted what one of them is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tests.access_table import TABLE
from training.core.access import Role
from training.core.db import Base, db

MARK = re.compile(r"Zq(\d+)qZ")
_LOG = "fuzz_written"
_EVERYBODY = frozenset({Role.PLANNER, Role.ADMINISTRATOR})
_BY_UNITS = frozenset({Role.UNIT_OFFICER, Role.LEADER, Role.APPRAISER, Role.FINANCE})
_EVERYBODY_WITHOUT_UNITS = _BY_UNITS - {Role.UNIT_OFFICER}

# What the product itself writes for others when somebody acts: a seat that comes free is offered to whoever waits
# next, and they are told. Never a change of a seat, a need, a result or a paper of another.
CONSEQUENCES = frozenset(
    {
        ("enrolment", "INSERT"), ("waiting_list_entry", "UPDATE"), ("waiting_list_entry", "INSERT"),
        ("passed_over", "INSERT"), ("passed_over", "UPDATE"), ("passed_over", "DELETE"),
        ("message", "INSERT"), ("message", "UPDATE"), ("calendar_event", "INSERT"), ("calendar_event", "UPDATE"),
    }
)  # fmt: skip
# Through whose foreign keys a row does not become a person's: an account acts on rows of others.
_NOBODYS = {"user_account", "role", "audit_entry", "unit", "session"}


@dataclass(frozen=True)
class Actor:
    """An account of the fuzz."""

    name: str
    user_id: int
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Written:
    """A row that was written, whose it is (None: nobody's, or it is gone), and of which class."""

    table: str
    act: str
    person_id: int | None
    class_id: int | None
    row_id: Any

    def __str__(self) -> str:
        return f"{self.act} {self.table} {self.row_id} of person {self.person_id}, class {self.class_id}"


def _paths() -> dict[str, tuple[str, str]]:
    """Table → (column, table it points to) that leads to the person whose row it is, by the shortest chain."""
    found: dict[str, tuple[str, str]] = {}
    reached = {"employee"}
    while True:
        step: dict[str, tuple[str, str]] = {}
        for table in Base.metadata.sorted_tables:
            if table.name in reached | _NOBODYS:
                continue
            for column in table.columns:
                targets = {key.column.table.name for key in column.foreign_keys} & reached
                if targets:
                    step.setdefault(table.name, (column.name, targets.pop()))
        if not step:
            return found
        found.update(step)
        reached |= set(step)


PATHS = _paths()
OF_CLASS = {
    table.name
    for table in Base.metadata.sorted_tables
    if "class_id" in table.columns and table.columns["class_id"].foreign_keys
}


def _person_of(table: str, row: str) -> str:
    """SQL: the person of `row` (JSON of a row of `table`)."""
    if table == "employee":
        return f"({row}->>'id')::bigint"
    column, target = PATHS[table]
    if target == "employee":
        return f"({row}->>'{column}')::bigint"
    # The alias is as deep as the chain.
    alias = f"t{row.count('to_jsonb') + 1}"
    inner = _person_of(target, f"to_jsonb({alias})")
    return f"(SELECT {inner} FROM \"{target}\" {alias} WHERE {alias}.id = ({row}->>'{column}')::bigint)"


@contextmanager
def planted() -> Iterator[None]:
    """Marks in all names, and triggers on all tables of persons."""
    with db.engine.begin() as connection:
        _unplant(connection)
        connection.execute(sa.text(f"CREATE UNLOGGED TABLE {_LOG} (id bigserial, name text, act text, row jsonb)"))
        connection.execute(
            sa.text(
                f"""CREATE FUNCTION fuzz_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO {_LOG} (name, act, row) VALUES
                (TG_TABLE_NAME, TG_OP, CASE TG_OP WHEN 'INSERT' THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END);
                RETURN NULL; END $$"""
            )
        )
        connection.execute(sa.text("UPDATE employee SET name = left(name, 380) || ' Zq' || id || 'qZ'"))
        for table in sorted({"employee", *PATHS} | OF_CLASS):
            connection.execute(
                sa.text(
                    f'CREATE TRIGGER fuzz_note AFTER INSERT OR UPDATE OR DELETE ON "{table}" '
                    "FOR EACH ROW EXECUTE FUNCTION fuzz_note()"
                )
            )
    try:
        yield
    finally:
        with db.engine.begin() as connection:
            _unplant(connection)


def _unplant(connection: sa.Connection) -> None:
    connection.execute(sa.text("DROP FUNCTION IF EXISTS fuzz_note CASCADE"))
    connection.execute(sa.text(f"DROP TABLE IF EXISTS {_LOG}"))


def written() -> list[Written]:
    """What was written since this was last asked."""
    with db.engine.begin() as connection:
        tables = connection.scalars(sa.text(f"SELECT DISTINCT name FROM {_LOG}")).all()
        found = []
        for table in tables:
            # Of a row that was deleted together with what it pointed to, the person cannot be told.
            person = _person_of(table, f"{_LOG}.row") if table == "employee" or table in PATHS else "NULL::bigint"
            of_class = "(row->>'class_id')::bigint" if table in OF_CLASS else "NULL::bigint"
            rows = connection.execute(
                sa.text(f"SELECT act, {person}, {of_class}, row->>'id' FROM {_LOG} WHERE name = :table"),
                {"table": table},
            )
            found += [Written(table, *row) for row in rows]
        if found:
            connection.execute(sa.text(f"TRUNCATE {_LOG}"))
    return found


class Permitted:
    """Who is permitted which people, and which classes of hosts; None stands for all. As the rows are when it is
    first asked: `forget` when they have changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, Role], frozenset[int] | None] = {}

    def forget(self) -> None:
        self._known.clear()

    def people(self, actor: Actor, endpoint: str) -> frozenset[int] | None:
        """The people whom one of the roles that open the view is permitted."""
        found: frozenset[int] = frozenset()
        for role in _opening(actor, endpoint):
            key = (actor.user_id, role)
            if key not in self._known:
                with db.engine.begin() as connection:
                    self._known[key] = _permitted(connection, *key)
            people = self._known[key]
            if people is None:
                return None
            found |= people
        return found

    def classes(self, actor: Actor, endpoint: str) -> frozenset[int] | None:
        """The classes whose rows may be written: of hosts their own."""
        if _opening(actor, endpoint) != {Role.HOST}:
            return None
        with db.engine.begin() as connection:
            statement = (
                "SELECT c.id FROM training_class c JOIN user_host h ON h.host_id = c.host_id WHERE h.user_id = :id"
            )
            return frozenset(connection.scalars(sa.text(statement), {"id": actor.user_id}))


def _opening(actor: Actor, endpoint: str) -> frozenset[Role]:
    opened_to = TABLE.get(endpoint, frozenset())
    return actor.roles & (frozenset(Role) if opened_to is None else opened_to)


def _permitted(connection: sa.Connection, user_id: int, role: Role) -> frozenset[int] | None:
    names_units = connection.scalar(
        sa.text("SELECT 1 FROM user_unit WHERE user_id = :id LIMIT 1"), {"id": user_id}
    )
    if role in _EVERYBODY or (role in _EVERYBODY_WITHOUT_UNITS and not names_units):
        return None
    statement = {
        Role.TRAINEE: "SELECT employee_id FROM user_account WHERE id = :id AND employee_id IS NOT NULL",
        Role.HOST: "SELECT s.employee_id FROM enrolment s JOIN training_class c ON c.id = s.class_id "
        "JOIN user_host h ON h.host_id = c.host_id WHERE h.user_id = :id",
    }.get(
        role,
        "WITH RECURSIVE below AS (SELECT unit_id AS id FROM user_unit WHERE user_id = :id UNION "
        "SELECT u.id FROM unit u JOIN below b ON u.parent_id = b.id) "
        "SELECT e.id FROM employee e JOIN below b ON e.unit_id = b.id",
    )
    return frozenset(connection.scalars(sa.text(statement), {"id": user_id}))


def foreign_in(text: str, permitted: frozenset[int] | None) -> set[int]:
    """The people whose marks stand in `text` and who are not permitted."""
    if permitted is None:
        return set()
    return {int(found) for found in MARK.findall(text)} - permitted


def foreign_among(
    rows: Collection[Written],
    before: frozenset[int] | None,
    after: frozenset[int] | None,
    classes: frozenset[int] | None,
) -> list[Written]:
    """The rows of people, or of hosts' classes, that are not permitted. A row that is new counts by who is
    permitted now, any other by who was permitted before it was written."""
    return [
        row
        for row in rows
        if (row.table, row.act) not in CONSEQUENCES
        and (
            not _is_permitted(row.person_id, (before, after) if row.act == "INSERT" else (before,))
            or not _is_permitted(row.class_id, (classes,))
        )
    ]


def _is_permitted(row_id: int | None, sets: Collection[frozenset[int] | None]) -> bool:
    return row_id is None or any(known is None or row_id in known for known in sets)
