"""Files with people's data are their owner's alone, and nothing stays of a process that was killed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from flask import Flask

import config
from training.files.private_files import create, folder, sweep, younger_than_a_day
from training.planning import jobs
from training.planning.runs import lifecycle


def test_what_is_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made = folder(tmp_path / "a" / "b")
        with create(made / "file") as file:
            file.write(b"x")
    finally:
        os.umask(old)
    assert (made.stat().st_mode & 0o777, (made / "file").stat().st_mode & 0o777) == (0o700, 0o600)
    made.chmod(0o755)  # as an older release left it
    assert folder(made).stat().st_mode & 0o777 == 0o700


def test_left_overs_go_and_work_stays(tmp_path: Path) -> None:
    dead, alive, other = (tmp_path / name for name in (".backup-dead", ".backup-alive", "mine"))
    for path in (dead, alive, other):
        path.mkdir()
        (path / "database.dump").write_bytes(b"x")
    day_ago = time.time() - 90_000
    for path in (dead, other):
        os.utime(path, (day_ago, day_ago))
    link = tmp_path / ".backup-link"
    link.symlink_to(other)
    sweep(tmp_path, ".backup-*", younger_than_a_day)
    assert (dead.exists(), alive.exists(), (other / "database.dump").exists()) == (False, True, True)


def test_runs_of_nobody_are_swept_every_few_minutes(app: Flask, instance_dir: Path) -> None:
    left = folder(instance_dir / "runs" / "999-1")
    with create(left / "instance.json") as file:
        file.write(b"{}")
    jobs.sweep(timestamp=0)
    assert not left.exists()
    assert lifecycle.living_attempts() == set()


def test_a_secret_that_others_could_read_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    given = config._secret(tmp_path, "SECRET_KEY")
    (tmp_path / "secret_key.txt").chmod(0o644)
    assert config._secret(tmp_path, "SECRET_KEY") == given
    assert (tmp_path / "secret_key.txt").stat().st_mode & 0o777 == 0o600
