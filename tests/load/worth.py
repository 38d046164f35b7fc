"""What one more is worth, on a whole province: the wait for the estimates, and these beside what was solved.

    TRAINING_INSTANCE=FOLDER python -m tests.load.worth RUN [--top 20]

Does the work of the page «Đáng giá bao nhiêu» here and now, as its worker would, and prints a table for each kind:
estimate and solved figure, apart; in how many pairs of rows the estimate has the order of the solved figures; the
seconds of each row. What is kept with the run already is not computed again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import combinations

from config import Config
from training import create_app
from training.core.audit import SYSTEM
from training.core.db import db
from training.planning.models import OptimizerRun, RunPrice
from training.planning.worth import computing, operations


def right_order(rows: Sequence[RunPrice]) -> tuple[int, int]:
    """Pairs of rows that the estimate orders as the solved figures do, of those that these tell apart."""
    gains = [(row.points, row.gain) for row in rows if row.gain is not None]
    apart = [(a, b) for a, b in combinations(gains, 2) if a[1] != b[1]]
    return sum((a[0] > b[0]) == (a[1] > b[1]) for a, b in apart), len(apart)


def _print(kind: str, rows: Sequence[RunPrice]) -> None:
    out = sys.stdout
    out.write(
        f"\n{kind}\n| | estimate, points | needs | solved, points | needs | people | at least – most | s |\n"
    )
    out.write("|---|---:|---:|---:|---:|---:|---|---:|\n")
    for row in rows:
        out.write(f"| {row.place} {row.like or ''} | {row.points:,.0f} | {row.needs:.1f} ")
        if row.scope is None:
            out.write(f"| – | – | – | no time | {row.seconds or 0:.1f} |\n")
        else:
            between = f"{row.at_least:,} – {row.at_most:,}"
            out.write(f"| {row.gain:,} | {row.seats} | {row.people} | {between} | {row.seconds:.1f} |\n")
    right, pairs = right_order(rows)
    exact = sum(row.scope is not None and row.at_least == row.at_most for row in rows)
    inside = sum(row.scope is not None and row.at_least <= row.points <= row.at_most for row in rows)
    out.write(f"{len(rows)} rows; exact: {exact}; the estimate lies between least and most: {inside}; ")
    out.write(f"order right: {right} of {pairs} pairs\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=int)
    parser.add_argument("--top", type=int, default=20)
    arguments = parser.parse_args()
    with create_app(Config).app_context():
        run = db.session.get_one(OptimizerRun, arguments.run)
        begun = time.monotonic()
        operations.ask_estimates(run, actor=SYSTEM)
        db.session.commit()
        computing.work(run.id)
        sys.stdout.write(f"estimates: {time.monotonic() - begun:.1f} s\n")
        begun = time.monotonic()
        try:
            operations.ask_again(run, arguments.top, actor=SYSTEM)
            db.session.commit()
        except Exception as refused:  # all are solved already
            db.session.rollback()
            sys.stdout.write(f"{refused}\n")
        computing.work(run.id)
        work = operations.worth(run.id)
        state = "" if work is None else f"{work.state} {work.message or ''}"
        sys.stdout.write(f"solved again: {time.monotonic() - begun:.1f} s {state}\n")
        rows = operations.prices(run.id)
        seconds = sorted(row.seconds for row in rows if row.seconds is not None)
        if seconds:
            middle, longest = seconds[len(seconds) // 2], seconds[-1]
            sys.stdout.write(f"{len(seconds)} rows, median {middle:.1f} s, longest {longest:.1f} s\n")
        for kind in operations.KINDS:
            _print(kind, [row for row in rows if row.kind == kind][: arguments.top])
    return 0


if __name__ == "__main__":
    sys.exit(main())
