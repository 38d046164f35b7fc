"""Number arguments of the command line, with readable errors."""

from __future__ import annotations

import argparse
import math


def seconds(text: str) -> float:
    """Return a number ≥ 0: seconds, or a gap as a fraction. Raises ArgumentTypeError."""
    value = float(text)
    if not math.isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{text} must be a number, 0 or more")
    return value


def count(text: str) -> int:
    """Return a whole number ≥ 1. Raises ArgumentTypeError."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be a whole number, 1 or more")
    return value


def number(text: str) -> int:
    """Return a whole number ≥ 0. Raises ArgumentTypeError."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} must be a whole number, 0 or more")
    return value
