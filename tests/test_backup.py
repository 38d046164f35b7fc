"""A backup loaded into a new installation is the same product: rows, constraints, queue, and passwords."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import People, Province
from training import backup
from training.db import db, ensure_database
from training.errors import Refused

ROOT = Path(__file__).resolve().parent.parent


def _flask(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TRAINING_INSTANCE": str(folder), "DATABASE_URL": url}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def new_database(app: Flask) -> str:
    name = f"{db.engine.url.database}_new"
    url = db.engine.url.set(database="postgres")
    with sa.create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    ensure_database(url, name)
    return db.engine.url.set(database=name).render_as_string(hide_password=False)


def test_everything_comes_back(
    app: Flask, province: Province, people: People, tmp_path: Path, new_database: str
) -> None:
    before = {
        table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table))
        for table in db.metadata.sorted_tables
    }
    db.session.commit()
    file = tmp_path / "sao-luu.zip"
    size = backup.save(file, app.config)
    assert size == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600

    told = _flask(tmp_path / "new", new_database, "restore", str(file))
    assert told.returncode == 0, told.stderr
    assert "Everything is back" in told.stdout
    with sa.create_engine(new_database).connect() as connection:
        after = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in db.metadata.sorted_tables
        }
        assert (
            connection.scalar(sa.text("SELECT count(*) FROM pg_trigger WHERE tgname = 'enrolment_inserted'")) == 1
        )
    assert after == before
    assert (tmp_path / "new" / "password_salt.txt").read_text() == app.config["SECURITY_PASSWORD_SALT"]

    again = _flask(tmp_path / "new", new_database, "restore", str(file))
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_a_backup_overwrites_nothing_and_leaves_no_half(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "sao-luu.zip"
    file.write_text("older")
    with pytest.raises(Refused, match="exists already"):
        backup.save(file, app.config)
    assert file.read_text() == "older"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("damage", ["cut", "another", "text"])
def test_a_damaged_file_changes_nothing(app: Flask, tmp_path: Path, new_database: str, damage: str) -> None:
    file = tmp_path / "sao-luu.zip"
    if damage == "text":
        file.write_text("không phải bản sao lưu")
    elif damage == "another":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x", "y")
    else:
        backup.save(file, app.config)
        file.write_bytes(file.read_bytes()[:-2000])
    told = _flask(tmp_path / "new", new_database, "restore", str(file))
    assert told.returncode == 1
    assert "no backup of this product" in told.stderr
    assert "Traceback" not in told.stderr
    assert not sa.inspect(sa.create_engine(new_database)).get_table_names()
