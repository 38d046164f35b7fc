"""The file `training-plan-replay/1`: a run with all that is needed to make it again, in one ZIP.

replay.json    parameters, result, versions, and the SHA-256 of each other file
instance.json  what was solved (training-plan/2)
solution.json  the plan that came out, if any (training-plan-solution/1, with the trace of the run)
start.json     the plan that the run began with, if any
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from solver.instance.strict_json import MAX_BYTES, Unreadable, dump, parse

FORMAT = "training-plan-replay/1"
INSTANCE, SOLUTION, START, ABOUT = "instance.json", "solution.json", "start.json", "replay.json"
_NAMES = frozenset({INSTANCE, SOLUTION, START, ABOUT})
_DATE = (1980, 1, 1, 0, 0, 0)  # of every member: the same run gives the same bytes


class ReplayError(ValueError):
    """A replay file that is refused; the text says why."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What `solve` was called with. time_limit: seconds (None: no limit); gap: as a fraction."""

    workers: int
    seed: int
    gap: float = 0.0
    time_limit: float | None = None


@dataclass(frozen=True, slots=True)
class ReplayFile:
    """One run.

    instance, solution, start: the files' bytes; status, score, bound, seconds: how it ended; versions: what it was
    made with (`made_with`); run: how a reader knows it again, plain text values.
    """

    instance: bytes
    parameters: Parameters
    status: str
    solution: bytes | None = None
    start: bytes | None = None
    score: int | None = None
    bound: int | None = None
    seconds: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    run: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, bytes]:
        """Return the files that there are, by name."""
        given = {INSTANCE: self.instance, SOLUTION: self.solution, START: self.start}
        return {name: data for name, data in given.items() if data is not None}

    def packed(self) -> bytes:
        """Return the ZIP; the same run gives the same bytes."""
        parameters = self.parameters
        about = {
            "format": FORMAT,
            "run": dict(self.run),
            "parameters": {
                "workers": parameters.workers,
                "seed": parameters.seed,
                "gap": parameters.gap,
                "time_limit": parameters.time_limit,
                "start": START if self.start is not None else None,
            },
            "result": {"status": self.status, "score": self.score, "bound": self.bound, "seconds": self.seconds},
            "versions": dict(self.versions),
            "files": {
                name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                for name, data in self.files.items()
            },
        }
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in {ABOUT: (dump(about) + "\n").encode(), **self.files}.items():
                member = zipfile.ZipInfo(name, _DATE)
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, data)
        return stream.getvalue()


def read_replay(path: str | Path) -> ReplayFile:
    """Return the run in a file. Raises ReplayError: it cannot be read, or a file in it was changed."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = {name: _member(archive, name) for name in archive.namelist() if name in _NAMES}
    except OSError as error:
        raise ReplayError(f"{path}: cannot be opened: {error.strerror or error}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise ReplayError(f"{path}: is not a whole replay file: {error}") from error
    try:
        about: Any = parse(found.pop(ABOUT, b""), fractions=True)
        return _run(about, found)
    except Unreadable as error:
        raise ReplayError(f"{path}: {ABOUT} {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ReplayError(f"{path}: {error if isinstance(error, ReplayError) else _broken(error)}") from error


def _broken(error: Exception) -> str:
    return f"{ABOUT} does not say what a replay needs ({error})"


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a member's bytes, at most MAX_BYTES, whatever the archive claims about its size."""
    with archive.open(name) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES >> 20} MB")
    return data


def _run(about: Any, found: dict[str, bytes]) -> ReplayFile:
    if about["format"] != FORMAT:
        raise ReplayError(f"its format is {about['format']!r}, not {FORMAT!r}")
    told = about["files"]
    for name in sorted(set(told) | set(found)):
        if name not in found or name not in told:
            raise ReplayError(f"{name}: it is {'missing' if name in told else 'not named'} in {ABOUT}")
        if hashlib.sha256(found[name]).hexdigest() != told[name]["sha256"]:
            raise ReplayError(f"{name}: it was changed after the run (its SHA-256 is another)")
    if INSTANCE not in found:
        raise ReplayError(f"{INSTANCE}: it is missing")
    given, result = about["parameters"], about["result"]
    limit = given["time_limit"]
    return ReplayFile(
        instance=found[INSTANCE],
        solution=found.get(SOLUTION),
        start=found.get(START),
        parameters=Parameters(
            max(1, int(given["workers"])),
            int(given["seed"]),
            float(given["gap"]),
            None if limit is None else float(limit),
        ),
        status=str(result["status"]),
        score=_whole(result["score"]),
        bound=_whole(result["bound"]),
        seconds=None if result["seconds"] is None else float(result["seconds"]),
        versions={str(name): str(version) for name, version in about["versions"].items()},
        run={str(name): str(value) for name, value in about["run"].items()},
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
