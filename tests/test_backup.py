"""A backup loaded into a new installation is the same product: rows, constraints, queue, and passwords."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import People, Province
from tests.databases import new_database
from training.core.db import db
from training.core.errors import Refused
from training.files import sealing
from training.running import backup

ROOT = Path(__file__).resolve().parent.parent


PASSPHRASE = "một câu dài để khóa bản sao lưu"


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    return _key_file(tmp_path, PASSPHRASE)


def _key_file(folder: Path, passphrase: str) -> str:
    file = folder / f"passphrase-{len(passphrase)}"
    file.touch(0o600)
    file.write_text(passphrase + "\n")
    return str(file)


def _flask(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TRAINING_INSTANCE": str(folder), "DATABASE_URL": url}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def empty_database(app: Flask) -> str:
    url = new_database(db.engine.url, f"{db.engine.url.database}_new")
    return url.render_as_string(hide_password=False)


def test_everything_comes_back(
    app: Flask, province: Province, people: People, tmp_path: Path, empty_database: str, key_file: str
) -> None:
    before = {
        table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table))
        for table in db.metadata.sorted_tables
    }
    db.session.commit()
    file = tmp_path / "sao-luu.backup"
    size = backup.save(file, app.config, PASSPHRASE)
    assert size == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    _nothing_is_readable(file, app)

    told = _flask(tmp_path / "new", empty_database, "restore", "--passphrase-file", key_file, str(file))
    assert told.returncode == 0, told.stderr
    assert "Everything is back" in told.stdout
    with sa.create_engine(empty_database).connect() as connection:
        after = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in db.metadata.sorted_tables
        }
        assert (
            connection.scalar(sa.text("SELECT count(*) FROM pg_trigger WHERE tgname = 'enrolment_inserted'")) == 1
        )
    assert after == before
    assert (tmp_path / "new" / "password_salt.txt").read_text() == app.config["SECURITY_PASSWORD_SALT"]

    again = _flask(tmp_path / "new", empty_database, "restore", "--passphrase-file", key_file, str(file))
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_a_backup_overwrites_nothing_and_leaves_no_half(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "sao-luu.backup"
    file.write_text("older")
    with pytest.raises(Refused, match="exists already"):
        backup.save(file, app.config, PASSPHRASE)
    assert file.read_text() == "older"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("damage", ["cut", "another", "text"])
def test_a_damaged_file_changes_nothing(
    app: Flask,
    tmp_path: Path,
    empty_database: str,
    key_file: str,
    monkeypatch: pytest.MonkeyPatch,
    damage: str,
) -> None:
    file = tmp_path / "sao-luu.backup"
    if damage == "text":
        file.write_text("không phải bản sao lưu")
    elif damage == "another":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x", "y")
    else:
        backup.save(file, app.config, PASSPHRASE)
        file.write_bytes(file.read_bytes()[:-2000])
    _into(empty_database, monkeypatch)
    told = app.test_cli_runner().invoke(args=["restore", "--passphrase-file", key_file, str(file)])
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit)  # told in words
    assert ("changed or cut off" if damage == "cut" else "no backup of this product") in told.stderr
    assert not sa.inspect(sa.create_engine(empty_database)).get_table_names()


def _nothing_is_readable(file: Path, app: Flask) -> None:
    """Neither the names of the tables, nor those of the members, nor the secrets, and no packed part of them."""
    content = file.read_bytes()
    for clear in (b"PGDMP", b"PK\x03\x04", b"database.dump", app.config["SECRET_KEY"].encode() * 2, b"enrolment"):
        assert clear not in content


def _damaged(file: Path, how: str) -> None:
    content = bytearray(file.read_bytes())
    if how == "one bit in the middle":
        content[len(content) // 2] ^= 1
    elif how == "one bit of the salt":
        content[20] ^= 1
    elif how == "cheaper key":
        content[16] = 10
    elif how == "dearer key":
        content[16] = 60
    elif how == "longer":
        content += b"x"
    elif how == "last piece missing":
        del content[len(content) - 40 :]
    elif how == "head alone":
        del content[56:]
    file.write_bytes(content)


@pytest.mark.parametrize(
    "how",
    [
        "one bit in the middle",
        "one bit of the salt",
        "cheaper key",
        "dearer key",
        "longer",
        "last piece missing",
        "head alone",
    ],
)
def test_a_changed_backup_is_told_and_changes_nothing(
    app: Flask, tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    file = tmp_path / "sao-luu.backup"
    backup.save(file, app.config, PASSPHRASE)
    _damaged(file, how)
    _into(empty_database, monkeypatch)
    with pytest.raises(Refused, match=r"changed|damaged|cannot be used"):
        backup.load(file, PASSPHRASE)
    assert not sa.inspect(sa.create_engine(empty_database)).get_table_names()


def test_pieces_of_a_backup_cannot_be_exchanged_or_left_out(tmp_path: Path) -> None:
    clear = os.urandom(3 * 2**20 + 17)
    file = io.BytesIO()
    sealed = sealing.Sealer(file, PASSPHRASE)
    for start in range(0, len(clear), 300_000):
        sealed.write(clear[start : start + 300_000])
    sealed.finish()
    whole, piece, head = file.getvalue(), 2**20 + 16, 56
    assert b"".join(sealing.unseal(io.BytesIO(whole), PASSPHRASE)) == clear
    parts = [whole[head + n * piece : head + (n + 1) * piece] for n in range(4)]
    for order in ([1, 0, 2, 3], [0, 2, 3], [0, 1, 2], [0, 1, 3], [3], [0, 1, 2, 2, 3]):
        changed = whole[:head] + b"".join(parts[n] for n in order)
        with pytest.raises(Refused):
            list(sealing.unseal(io.BytesIO(changed), PASSPHRASE))


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 2**21])
def test_a_file_of_any_size_comes_back(size: int) -> None:
    clear, file = os.urandom(size), io.BytesIO()
    sealed = sealing.Sealer(file, "mật khẩu dài ế")
    sealed.write(clear)
    sealed.finish()
    file.seek(0)
    assert b"".join(sealing.unseal(file, unicodedata.normalize("NFD", "mật khẩu dài ế"))) == clear


def test_the_wrong_passphrase_is_told_and_changes_nothing(app: Flask, tmp_path: Path, empty_database: str) -> None:
    file = tmp_path / "sao-luu.backup"
    backup.save(file, app.config, PASSPHRASE)
    wrong = _key_file(tmp_path, PASSPHRASE + "!")
    told = _flask(tmp_path / "new", empty_database, "restore", "--passphrase-file", wrong, str(file))
    assert told.returncode == 1
    assert "passphrase is not that of this file" in told.stderr
    assert "Traceback" not in told.stderr
    assert not sa.inspect(sa.create_engine(empty_database)).get_table_names()


def test_a_passphrase_is_long_and_its_file_is_its_owners(app: Flask, tmp_path: Path) -> None:
    target = str(tmp_path / "sao-luu.backup")
    run = app.test_cli_runner().invoke
    told = run(args=["backup", target])
    assert told.exit_code != 0
    assert "--passphrase-file" in told.stderr
    short = _key_file(tmp_path, "ngắn quá")
    told = run(args=["backup", "--passphrase-file", short, target])
    assert told.exit_code != 0
    assert "fewer than 12" in told.stderr
    Path(short).chmod(0o644)
    told = run(args=["backup", "--passphrase-file", short, target])
    assert told.exit_code != 0
    assert "chmod 600" in told.stderr
    assert not Path(target).exists()


def test_a_backup_of_an_older_release_is_read(
    app: Flask, province: Province, tmp_path: Path, empty_database: str, key_file: str
) -> None:
    """It was a ZIP that anybody could read; whoever restores it is told."""
    sealed, old = tmp_path / "sao-luu.backup", tmp_path / "sao-luu.zip"
    backup.save(sealed, app.config, PASSPHRASE)
    with sealed.open("rb") as file:
        old.write_bytes(b"".join(sealing.unseal(file, PASSPHRASE)))
    told = _flask(tmp_path / "new", empty_database, "restore", str(old))
    assert told.returncode == 0, told.stderr
    assert "not encrypted" in told.stdout
    assert "Everything is back" in told.stdout


def _old_file(file: Path, dump: bytes = b"PGDMP", packing: int = zipfile.ZIP_STORED, **secrets: bytes) -> None:
    """As releases before the sealing wrote it, or somebody who makes believe."""
    given = {"SECRET_KEY": b"k", "SECURITY_PASSWORD_SALT": b"s", **secrets}
    with zipfile.ZipFile(file, "w", packing) as archive:
        archive.writestr("database.dump", dump)
        for name, value in given.items():
            archive.writestr(name, value)


_ZEROS = bytes(32 * 2**20)


@pytest.mark.parametrize(
    "hostile",
    [
        {"SECRET_KEY": _ZEROS, "packing": zipfile.ZIP_DEFLATED},
        {"SECURITY_PASSWORD_SALT": _ZEROS, "packing": zipfile.ZIP_DEFLATED},
        {"dump": _ZEROS, "packing": zipfile.ZIP_DEFLATED},
        {"SECRET_KEY": _ZEROS, "packing": zipfile.ZIP_BZIP2},
        {"packing": zipfile.ZIP_LZMA},
        {"SECRET_KEY": b"\xff\xfe"},
        {"SECRET_KEY": b""},
        {"another": b"part"},
    ],
    ids=["key", "salt", "dump", "bzip2", "lzma", "no text", "empty", "more parts"],
)
@pytest.mark.parametrize("sealed", [False, True])
def test_a_file_made_to_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: dict[str, Any], sealed: bool
) -> None:
    """A backup comes from wherever somebody kept it; whoever made it may have known the passphrase."""
    _nothing_is_there(monkeypatch)
    monkeypatch.setattr(backup, "_tool", lambda *_arguments, **_pipes: pytest.fail("the database was reached"))
    file, clear = tmp_path / "a.backup", tmp_path / "a.zip"
    _old_file(clear, **hostile)
    with file.open("wb") as target:
        if sealed:
            sealer = sealing.Sealer(target, PASSPHRASE)
            sealer.write(clear.read_bytes())
            sealer.finish()
        else:
            target.write(clear.read_bytes())
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="no backup of this product, or damaged"):
            backup.load(file, PASSPHRASE)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_what_a_file_says_of_its_sizes_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _nothing_is_there(monkeypatch)
    file = tmp_path / "a.zip"
    _old_file(file, SECRET_KEY=_ZEROS, packing=zipfile.ZIP_DEFLATED)
    size = len(_ZEROS).to_bytes(4, "little")
    content = file.read_bytes()
    assert content.count(size) >= 2  # once in the part's head, once in the list at the end
    file.write_bytes(content.replace(size, (64).to_bytes(4, "little")))
    with pytest.raises(Refused, match="no backup of this product, or damaged"):
        backup.load(file)


def _nothing_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """These files are refused before a database is reached; they find an empty one."""
    monkeypatch.setattr(backup, "db", SimpleNamespace(engine=None))
    monkeypatch.setattr(backup.sa, "inspect", lambda _engine: SimpleNamespace(get_table_names=list))


def _into(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backups are loaded into another database than that of the tests."""
    monkeypatch.setattr(backup, "db", SimpleNamespace(engine=sa.create_engine(url)))
