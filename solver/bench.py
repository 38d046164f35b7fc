"""The optimizer beside other ways, on the same instances in the same run.

Peers: *first come, first served*, who registered first is seated first, by the very same rules; and *CP-SAT
on the whole model*, what one would try first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np

from solver.check import score, violations
from solver.child import Child, Post
from solver.columns import Columns, Ints, build_columns
from solver.instance import Instance
from solver.model import Model, build_model
from solver.part import restrict
from solver.result import Plan, relative_gap
from solver.seating import Seating
from solver.solve import as_plan, memory_of, solve

_HEAD = ("instance", "needs", "classes", "method", "status", "score", "bound", "gap", "seconds", "MB")
_WIDTHS = (24, 7, 7, 24, 19, 10, 10, 9, 8, 7)


def first_come(columns: Columns) -> tuple[Ints, Ints]:
    """A plan in the order of registration; classes below their minimum are cancelled, and the rest tried again.

    Each need takes the earliest option of its course in which it fits. It knows nothing of pins.
    """
    cancelled = np.zeros(len(columns.option_class), dtype=np.bool_)
    while True:
        seating = Seating(columns)
        by_need = np.lexsort((columns.option_first[columns.pair_option], columns.pair_need))
        for pair in by_need.tolist():
            option = int(columns.pair_option[pair])
            if cancelled[option]:
                continue
            if not seating.runs[option]:
                if not seating.could_open(option, int(columns.class_min[columns.option_class[option]])):
                    continue
                seating.open(option)
            if seating.fits(pair):
                seating.add(pair)
        count = np.array(seating.count)
        short = seating.runs & (count < np.maximum(1, columns.class_min[columns.option_class]))
        if not short.any():
            return seating.plan()
        cancelled |= short


def _whole_model(model: Model, workers: int, post: Post) -> None:
    from solver.exact import search  # only here: CP-SAT takes a second to import

    everything = np.arange(model.matrix.shape[1])

    def tell(values: Ints) -> None:
        runs = np.flatnonzero(values[model.pairs : model.pairs + model.options])
        post.send("plan", runs, np.flatnonzero(values[: model.pairs]))

    found = search(
        restrict(model, everything, np.zeros(len(everything), dtype=np.int64)),
        seed=0,
        workers=workers,
        on_solution=tell,
        on_bound=lambda bound: post.send("bound", bound),
    )
    post.send("status", found.status)


def _row(name: str, instance: Instance, method: str, cells: tuple[object, ...]) -> str:
    values = (name, len(instance.needs), len(instance.classes), method, *cells)
    cut = (str(value)[:width].ljust(width) for value, width in zip(values, _WIDTHS, strict=True))
    return "  ".join(cut).rstrip()


def _cells(
    status: str, instance: Instance, plan: Plan | None, bound: int | None, seconds: float, peak: float
) -> tuple[object, ...]:
    if plan is None:
        return (status, "–", "–" if bound is None else bound, "–", f"{seconds:.1f}", f"{peak:.0f}")
    broken = violations(instance, plan.options, plan.seats)
    points = score(instance, plan.options, plan.seats)
    gap = relative_gap(points, bound)
    told = f"BROKEN {broken[0].rule}" if broken else status
    shown = "–" if gap is None else f"{100 * gap:.3f} %"
    return (told, points, "–" if bound is None else bound, shown, f"{seconds:.1f}", f"{peak:.0f}")


def _cp_sat(instance: Instance, columns: Columns, time_limit: float, workers: int) -> tuple[object, ...]:
    model = build_model(columns)
    begin = time.monotonic()
    child = Child(partial(_whole_model, model, workers))
    plan: Plan | None = None
    bound: int | None = None
    status, peak = "NO_SOLUTION_IN_TIME", 0.0
    try:
        while (left := begin + time_limit - time.monotonic()) > 0:
            peak = max(peak, memory_of([child]))
            if not wait([child.connection], timeout=min(left, 0.5)):
                continue
            message = child.connection.recv()
            if message[0] == "plan":
                plan, status = as_plan(columns, message[1], message[2]), "FEASIBLE"
            elif message[0] == "bound":
                bound = message[1] if bound is None else min(bound, message[1])
            elif message[0] == "status":
                status = message[1]
            else:
                break
    finally:
        child.kill()
    return _cells(status, instance, plan, bound, time.monotonic() - begin, peak)


def bench(instances: list[tuple[Path, Instance]], time_limit: float, workers: int) -> Iterator[str]:
    """Lines of a table: for each instance this optimizer and its peers, each with the same time."""
    yield "  ".join(title.ljust(width) for title, width in zip(_HEAD, _WIDTHS, strict=True)).rstrip()
    for path, instance in instances:
        result = solve(instance, time_limit=time_limit, workers=workers)
        ours = _cells(result.status.value, instance, result.solution, result.bound, result.seconds, result.peak_mb)
        yield _row(path.stem, instance, "this optimizer", ours)
        begin = time.monotonic()
        columns = build_columns(instance)
        plan = as_plan(columns, *first_come(columns))
        seconds = time.monotonic() - begin
        served = _cells("FEASIBLE", instance, plan, result.bound, seconds, memory_of([]))
        yield _row(path.stem, instance, "first come, first served", served)
        whole = _cp_sat(instance, columns, time_limit, workers)
        yield _row(path.stem, instance, "CP-SAT, whole model", whole)
