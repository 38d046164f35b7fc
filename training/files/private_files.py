"""Files with people's data, or with secrets: readable only for the account that runs the product."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_DAY = 86_400.0


def folder(path: Path) -> Path:
    """Return the folder, created if missing; only its owner can read it, whatever an older release set."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def create(path: Path) -> BinaryIO:
    """Create a new, empty file that only its owner can read."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def sweep(inside: Path, pattern: str, needed: Callable[[Path], bool]) -> None:
    """Delete the folders of `inside` that a killed process left.

    Args:
        needed: whether a folder is still in use.
    """
    for left in inside.glob(pattern):
        if left.is_dir() and not left.is_symlink() and not needed(left):
            shutil.rmtree(left, ignore_errors=True)


def younger_than_a_day(path: Path) -> bool:
    """Return whether the folder may still be in use: work in them takes minutes."""
    return time.time() - path.stat().st_mtime < _DAY
