"""A small part of `tests.load.storm`: a dozen people at once over HTTP, on the demo of 160 people, while the web
server, the worker and the database are killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = Path(__file__).parent / "migrations" / "revision_0002.sql.xz"


def test_nothing_is_lost_or_doubled_while_everything_is_killed() -> None:
    with tempfile.TemporaryDirectory(prefix="ts-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        command = [
            sys.executable, "-m", "tests.load.storm", folder, "--from-sql", str(DEMO), "--seed", "3",
            "--clients", "12", "--acts", "1000000", "--seconds", "12", "--every", "4", "--settle", "2",
        ]  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    assert "everything holds" in told.stdout
    [*_before, (acts, killed)] = re.findall(r"acts (\d+) .*killed \{(.*)\}", told.stdout)
    assert int(acts) > 0
    assert killed
