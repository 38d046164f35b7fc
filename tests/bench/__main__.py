"""The bench from the command line: `python -m tests.bench INSTANCE…`, also as `python -m solver bench`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from solver.instance.facts import Instance, InstanceError
from solver.instance.file import read_instance
from tests.bench import command


def _read(path: Path) -> Instance:
    try:
        return read_instance(path)
    except InstanceError as error:
        raise ValueError("\n".join(error.faults)) from error


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked for; 2 for bad input, with a line for each fault."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Compare the optimizer with other methods, or measure the growth.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    command.add_arguments(parser)
    parsed = parser.parse_args(arguments)
    try:
        command.run(parsed, _read)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
