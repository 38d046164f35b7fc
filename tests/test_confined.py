"""A child that works on a stranger's file: limited, cut off from everything of ours, and never left behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from training.core.db import db
from training.core.refusals import Refused
from training.files.confined import Abandoned, ChildLimits, Confined, Exceeded

BUSY = "tests.confined_objects:Busy"


@pytest.fixture
def busy(app: Flask) -> Iterator[Callable[..., Confined]]:
    made: list[Confined] = []

    def make(**more: Any) -> Confined:
        made.append(Confined(BUSY, limits=more.pop("limits", ChildLimits(1.0)), **more))
        return made[-1]

    yield make
    for one in made:
        one.close()
        assert one._child.poll() is not None, "no child is left behind"


@pytest.mark.parametrize(
    ("method", "arguments", "what"),
    [
        ("loop", (), "time"),
        ("memory", (2**40,), "memory"),
        ("memory", (260 * 2**20,), "memory"),
        ("large", (40 * 2**20,), "size"),
        ("die", (), "failed"),
        ("strange", (), "failed"),
        ("nothing", (), "failed"),
    ],
)
def test_what_takes_too_much(busy: Callable[..., Confined], method: str, arguments: Any, what: str) -> None:
    child, started = busy(), time.monotonic()
    with pytest.raises(Exceeded) as exceeded:
        child.call(method, *arguments)
    assert exceeded.value.what == what
    assert time.monotonic() - started < 30
    assert child._child.poll() is not None


def test_what_is_refused_is_said_and_the_child_goes_on(busy: Callable[..., Confined]) -> None:
    child = busy(classes=[Decimal])
    with pytest.raises(Refused, match=r"No\."):
        child.call("refuse")
    assert child.call("strange") == 1
    assert list(child.stream("count", 5, seconds=1)) == [0, 1, 2, 3, 4]


def test_it_has_nothing_of_ours(
    busy: Callable[..., Confined], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No settings, no connections, and no file can be written."""
    for name in ("SECRET_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "hidden")
    db.session.connection()
    child = busy()
    assert not {"SECRET_KEY", "DATABASE_URL"} & child.call("environment").keys()
    assert not [one for one in child.call("open_files") if one.startswith("socket:")]
    with pytest.raises(Exceeded):
        child.call("write", str(tmp_path / "x"))
    assert not (tmp_path / "x").exists() or (tmp_path / "x").stat().st_size == 0


def test_nobody_waits_any_more(busy: Callable[..., Confined]) -> None:
    waiting = [True]
    child = busy(limits=ChildLimits(60.0), wanted=lambda: waiting[0])
    waiting[0] = False
    started = time.monotonic()
    with pytest.raises(Abandoned):
        child.call("loop")
    assert time.monotonic() - started < 20
    assert child._child.poll() is not None


def test_it_ends_with_whoever_holds_it(busy: Callable[..., Confined], app: Flask) -> None:
    child = Confined(BUSY, limits=ChildLimits(1.0))
    pid = child._child.pid
    del child
    assert not Path(f"/proc/{pid}").exists()
