"""The demo province, from empty database to published plan."""

from pathlib import Path


def run(*, trainees: int, classes: int, folder: Path) -> None:
    """Fill, plan and publish."""


def announce(port: int) -> None:
    """Say where it is served and who may sign in."""
