"""Migrations that have landed stay as they are, and what is in an older database comes through them."""

from __future__ import annotations

import itertools
import lzma
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.databases import new_database
from tests.migrations import freeze
from tests.migrations.upgrading import figures, flask, plain, rows, schema, statements, tool
from training.core.db import db
from training.running import schema as comparison

_OLD = Path(__file__).parent / "revision_0002.sql.xz"  # the demo of 160 people as release 0.1 (54bfc4d) made it
# What is another afterwards: the revision; the failures of an hour, which are counted elsewhere now.
_GONE = {"alembic_version", "failed_check", "sign_in_failure"}


def test_a_migration_that_has_landed_is_never_changed() -> None:
    assert freeze.faults(freeze.present(), freeze.frozen()) == []


def test_a_change_a_loss_and_a_new_one_are_told() -> None:
    landed = {"a.py": "1", "b.py": "2"}
    assert freeze.faults({"a.py": "1", "b.py": "2"}, landed) == []
    [changed] = freeze.faults({"a.py": "other", "b.py": "2"}, landed)
    assert "was changed" in changed
    [gone] = freeze.faults({"b.py": "2"}, landed)
    assert "is gone" in gone
    [new] = freeze.faults({"a.py": "1", "b.py": "2", "c.py": "3"}, landed)
    assert "tests.migrations.freeze" in new


def _run(url: str, sql: str) -> None:
    command = [tool("psql"), "--quiet", "--set=ON_ERROR_STOP=1", plain(url)]
    subprocess.run(command, input=sql, text=True, check=True, capture_output=True)


@pytest.fixture
def make(session_app: Flask) -> Callable[[str], str]:
    """A database filled by SQL."""

    numbers = itertools.count()

    def fill(sql: str) -> str:
        with session_app.app_context():
            engine_url = db.engine.url
        url = new_database(engine_url, f"{engine_url.database}_{next(numbers)}").render_as_string(
            hide_password=False
        )
        _run(url, sql)
        return url

    return fill


@pytest.fixture(scope="module")
def last_release(session_app: Flask) -> sa.URL:
    """The data of the last release; tests take copies."""
    with session_app.app_context():
        url = db.engine.url
    url = new_database(url, f"{url.database}_old")
    _run(url.render_as_string(hide_password=False), lzma.decompress(_OLD.read_bytes()).decode())
    return url


@pytest.fixture
def old(last_release: sa.URL) -> str:
    copy = new_database(last_release, f"{last_release.database}_copy", template=str(last_release.database))
    return copy.render_as_string(hide_password=False)


def test_the_data_of_the_last_release_comes_through(
    session_app: Flask, make: Callable[[str], str], old: str, tmp_path: Path
) -> None:
    url = old
    before = rows(url)
    assert before["enrolment"] > 100
    assert before["certificate"] > 0
    told = flask(tmp_path, url, "db", "upgrade")
    assert told.returncode == 0, told.stderr
    with session_app.app_context():
        fresh = db.engine.url.render_as_string(hide_password=False)
    # The server words a constraint anew when it reads what it wrote: both are read once.
    assert schema(make(statements(url))) == schema(make(statements(fresh)))
    with sa.create_engine(url).connect() as connection:
        assert comparison.differences(connection, db.metadata) == []
    after = rows(url)
    assert {name: after[name] for name in before if name not in _GONE} == {
        name: count for name, count in before.items() if name not in _GONE
    }
    compared = figures(tmp_path, url)
    assert compared.returncode == 0, compared.stdout[-2000:] + compared.stderr[-2000:]
    assert "0 disagreements" in compared.stdout


def test_letters_that_were_never_sent_lose_what_opens_accounts(old: str, tmp_path: Path) -> None:
    facts = '{"subject": "x", "sealed": "secret"}'
    for key, state, due in (("a", "off", "NULL"), ("b", "failed", "NULL"), ("c", "queued", "now()")):
        columns = "channel, user_id, kind, key, facts, about, state, tries, next_try_at"
        row = f"'mail', min(id), 'accounts.letter', '{key}', '{facts}', '{{}}', '{state}', 0, {due}"
        _run(old, f"INSERT INTO public.message ({columns}) SELECT {row} FROM public.user_account;")
    told = flask(tmp_path, old, "db", "upgrade")
    assert told.returncode == 0, told.stderr
    with sa.create_engine(old).connect() as connection:
        kept = connection.execute(
            sa.text("SELECT key, facts FROM message WHERE kind = 'accounts.letter' ORDER BY key")
        ).all()
    assert [(key, facts.get("sealed")) for key, facts in kept] == [("a", None), ("b", None), ("c", "secret")]


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        ("DROP TABLE message CASCADE", "message"),
        ("ALTER TABLE employee DROP COLUMN birth_date", "birth_date"),
        ("ALTER TABLE message ALTER COLUMN address TYPE integer USING 1", "message.address"),
        ("DELETE FROM alembic_version", "already exists"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer release"),
    ],
)
def test_a_database_that_is_not_what_its_revision_says_is_told_in_words(
    old: str, tmp_path: Path, damage: str, word: str
) -> None:
    """As one that was made by an earlier state of the same migrations."""
    _run(old, f"SET search_path = public;\n{damage};")
    told = flask(tmp_path, old, "db", "upgrade")
    assert told.returncode == 1
    assert word in told.stderr
    assert "Traceback" not in told.stderr
    assert "backup" in told.stderr
