"""One peer on one instance: `python -m tests.bench.peers NAME INSTANCE [--time-limit S] [--workers N]`.

Every plan that it finds goes to standard output as one JSON line, and so does every better bound:

    {"options": [7, …], "seats": [[needs, …], [options, …]]}    positions in the instance
    {"bound": 3112345}
    {"status": "OPTIMAL"} or {"cannot": "why it cannot run here, in words"}

Who listens (`tests.bench.comparison`) takes the time, and judges the plans by `check.py`. What the solvers inside
print goes nowhere. The process dies with its parent.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from solver.instance.columns import Ints, build_columns
from solver.instance.file import read_instance
from solver.model.model import Model, build_model
from solver.search.child_process import die_with_parent

PEERS = {  # module and function of each; only the one that is asked for is imported
    "cp-sat": ("cp_sat", "run"),
    "highs": ("highs", "run"),
    "scip": ("scip", "run"),
    "first-come": ("first_come", "run"),
    "fairpyx-serial": ("fair_division", "serial_dictatorship"),
    "fairpyx-round-robin": ("fair_division", "round_robin"),
}


class Mouth:
    """Tells plans and bounds to whoever listens; from any thread."""

    def __init__(self, model: Model, stream: IO[str], started: float, limit: float) -> None:
        self.model = model
        self._stream = stream
        self._ends = started + limit
        self._bound: int | None = None
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        return max(0.1, self._ends - time.monotonic())

    def say(self, **fields: Any) -> None:
        with self._lock:
            self._stream.write(json.dumps(fields) + "\n")
            self._stream.flush()

    def plan(self, runs: Ints, pairs: Ints) -> None:
        """Positions of the running options and of the seated pairs."""
        columns = self.model.columns
        needs, options = columns.pair_need[pairs].tolist(), columns.pair_option[pairs].tolist()
        self.say(options=runs.tolist(), seats=[needs, options])

    def values(self, values: Ints) -> None:
        """A plan as the values of the model's columns."""
        model = self.model
        runs = (values[model.pairs : model.pairs + model.options] > 0).nonzero()[0]
        self.plan(runs, (values[: model.pairs] > 0).nonzero()[0])

    def bound(self, bound: int) -> None:
        if self._bound is None or bound < self._bound:
            self._bound = bound
            self.say(bound=bound)


def main() -> None:
    started = time.monotonic()
    die_with_parent(os.getppid())
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers")
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("instance", type=Path)
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    model = build_model(build_columns(read_instance(arguments.instance)))
    module, function = PEERS[arguments.peer]
    run = getattr(importlib.import_module(f"tests.bench.peers.{module}"), function)
    run(Mouth(model, stream, started, arguments.time_limit), arguments.workers)
    stream.flush()
    sys.stderr.flush()
    os._exit(0)  # some solvers wait for their threads


if __name__ == "__main__":
    main()
