"""`python -m solver`: see `cli/command_line.py`."""

from __future__ import annotations

from typing import NoReturn

from solver.stopping import listen


def _run() -> NoReturn:
    listen()  # before the imports of the command line, which take a second
    import sys

    from solver.cli.command_line import main

    sys.exit(main())


if __name__ == "__main__":
    _run()
