"""Logs: they never outgrow their bound, whoever writes them, and say who asked for what without a secret."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import People, login
from training.running import logs

_MOST = 20_000


def _write(path: Path, lines: int) -> None:
    logger = logging.Logger("writer")
    logger.addHandler(logs.SharedFile(path, _MOST))
    for number in range(lines):
        logger.warning("dòng %d %s", number, "x" * 100)
    logger.warning("một dòng quá dài %s", "y" * 10_000_000)


def test_many_processes_fill_one_log_within_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, 600)) for _number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    files = list(tmp_path.glob("web.log*"))
    assert len(files) == 1 + logs._OLDER
    assert sum(file.stat().st_size for file in files) <= (1 + logs._OLDER) * (_MOST + logs._LONGEST + 100)
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        lines = file.read_text().splitlines()
        assert all("dòng" in line for line in lines), "no entry is torn"


@pytest.fixture
def access(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setitem(app.config, "LOG_DIR", str(tmp_path / "logs"))
    kept = [logging.getLogger().handlers[:], logs.ACCESS.handlers[:]]
    logs.write_to_files(app, "web")
    yield tmp_path / "logs" / "access.log"
    for logger, handlers in zip((logging.getLogger(), logs.ACCESS), kept, strict=True):
        logger.handlers = handlers
    logs.ACCESS.setLevel(logging.NOTSET)


def test_the_access_log_says_who_asked_for_what(client: FlaskClient, people: People, access: Path) -> None:
    login(client, people.quan)
    client.get("/people?q=Trần+Thị+Chi", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    client.get("/xac-minh/ABCD-EFGH-JKMN-PQRS")
    client.get("/exports/units")
    client.get("/khong-co%0agiả mạo")
    first, second, third, fourth = access.read_text().splitlines()
    assert f"203.0.113.9 user={people.quan.id} GET /people 200" in first
    assert "Chi" not in first
    assert "/xac-minh/…" in second
    assert "PQRS" not in second
    assert "/exports/units" in third
    assert "?giả mạo 404" in fourth
