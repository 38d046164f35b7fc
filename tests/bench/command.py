"""`python -m solver bench`: runs what was asked for, prints the tables, and keeps them where they are wanted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from solver.instance.facts import Instance
from tests.bench.comparison import METHODS, Moment, bench, run_ours


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("instances", type=Path, nargs="*", metavar="INSTANCE", help="files training-plan/2 to compare on")
    add("--time-limit", type=float, default=120.0, metavar="S", help="seconds for each method and instance")
    add("--workers", type=int, default=2, metavar="N", help="processes or threads that compute")
    add("--methods", type=_methods, default=tuple(METHODS), metavar="A,B", help=f"of: {', '.join(METHODS)}")
    add(
        "--way", action="store_true", help="this optimizer alone: which part of its gap is the plan's, the bound's"
    )
    add("--scaling", type=_sizes, default=(), metavar="1,2", help="provinces in one plan: time and memory of each")
    add("--seed", type=int, default=1, metavar="N", help="of the provinces of --scaling")
    add("--json", type=Path, default=None, metavar="FILE", help="where the figures of the comparison are written")
    add("--into", type=Path, default=None, metavar="PAGE", help="a page with markers, which gets the tables")
    add("--chart", type=Path, default=None, metavar="FILE", help="where the graph of --scaling is drawn, as SVG")


def _methods(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    if not set(chosen) <= METHODS.keys():
        raise argparse.ArgumentTypeError(f"{text}: choose among {', '.join(METHODS)}")
    return chosen


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise argparse.ArgumentTypeError(f"{text}: whole numbers from 1 on, as in 1,2,5,10")
    return sizes


def run(arguments: argparse.Namespace, read: Callable[[Path], Instance]) -> None:
    """Compare on the instances, then measure the growth; every table is printed as soon as it is whole.

    read: how an instance is read, with its faults refused. Raises ValueError when `--into` lacks its markers.
    """
    from tests.bench import scaling  # here: the other commands start without them
    from tests.bench.report import Compared, as_json, made, put_between, report, size_of

    if arguments.way:
        _way(arguments, read)
        return
    compared = []
    for path in arguments.instances:
        instance = read(path)
        outcomes = bench(path, instance, arguments.time_limit, arguments.workers, arguments.methods)
        compared.append(Compared(path.stem, size_of(instance), arguments.time_limit, outcomes))
        _print(report(compared[-1:]))
    if arguments.json is not None and compared:
        _write(arguments.json, as_json(compared))
    if arguments.into is not None and compared:
        put_between(arguments.into, "bench", report(compared))
    if arguments.scaling:
        grown = []
        for each in scaling.scaling(arguments.scaling, arguments.time_limit, arguments.workers, arguments.seed):
            grown.append(each)
            sys.stderr.write(f"{each}\n")
        table = f"{made()}\n\n{scaling.table(grown)}"
        _print(table)
        if arguments.chart is not None:
            scaling.draw(grown, arguments.chart)
        if arguments.into is not None:
            put_between(arguments.into, "scaling", table)


def _way(arguments: argparse.Namespace, read: Callable[[Path], Instance]) -> None:
    from tests.bench import gap_parts
    from tests.bench.report import made, put_between

    tables = []
    for path in arguments.instances:
        outcome, moments = run_ours(path, read(path), arguments.time_limit, arguments.workers)
        moments.append(Moment(outcome.seconds, "the end", outcome.score, outcome.bound))
        tables.append(gap_parts.table(path.stem, moments))
        _print(tables[-1])
    if arguments.into is not None:
        put_between(arguments.into, "way", "\n".join([made(), "", *tables]))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
