"""The migrations that have landed, by their hashes: `python -m tests.migrations.freeze` adds those that are new.

A migration that has landed has run on somebody's database and is never changed: what it lacks is a migration of
its own. The list is in the form of sha256sum, so `sha256sum -c migrations/versions.sha256` reads it as well.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIST = ROOT / "migrations" / "versions.sha256"


def present() -> dict[str, str]:
    """Hash of each migration, by its path from the root."""
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((ROOT / "migrations" / "versions").glob("*.py"))
    }


def frozen() -> dict[str, str]:
    """Hash of each migration that has landed."""
    if not LIST.exists():
        return {}
    pairs = [line.split("  ", 1) for line in LIST.read_text().splitlines()]
    return {path: digest for digest, path in pairs}


def faults(found: dict[str, str], landed: dict[str, str]) -> list[str]:
    """What is wrong with the migrations that are there."""
    wrong = [f"{path} has landed and is gone" for path in landed if path not in found]
    wrong += [
        f"{path} has landed and was changed: write a new migration instead"
        for path, digest in landed.items()
        if path in found and found[path] != digest
    ]
    new = sorted(found.keys() - landed.keys())
    wrong += [f"{path} is new: «python -m tests.migrations.freeze» adds it to the list" for path in new]
    return wrong


def main() -> int:
    found, landed = present(), frozen()
    wrong = [one for one in faults(found, landed) if " is new" not in one]
    if wrong:
        print("\n".join(wrong))
        return 1
    LIST.write_text("".join(f"{digest}  {path}\n" for path, digest in found.items()))
    print("\n".join(f"added {path}" for path in sorted(found.keys() - landed.keys())) or "nothing is new")
    return 0


if __name__ == "__main__":
    sys.exit(main())
