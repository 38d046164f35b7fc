"""Workbooks of the demo province."""

from pathlib import Path


def write_workbooks(folder: Path, *, trainees: int, classes: int) -> list[Path]:
    """Being written."""
    raise SystemExit(f"no workbooks in {folder} for {trainees} × {classes} yet")
