"""What a run was made with: the optimizer's own code, the libraries under it, and the machine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import sys
from functools import cache
from pathlib import Path

MACHINE = frozenset({"machine", "processor"})  # names of what is not software


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute."""
    found = {name: importlib.metadata.version(name) for name in ("ortools", "numpy", "scipy")}
    return {"python": sys.version.split()[0], **found}


@cache
def code() -> str:
    """Return a hash of the optimizer's own code: it changes with every line."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _processor() -> str:
    """Return the processor's name: libraries choose other instructions on another one, which round otherwise."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def made_with() -> dict[str, str]:
    """Return all that a replay should share with the run."""
    machine = f"{platform.system()} {platform.machine()}"
    return {"solver": code(), **versions(), "machine": machine, "processor": _processor()}
