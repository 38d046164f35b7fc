"""What one more of something would be worth, read off the relaxation's duals.

A dual is the slope of the relaxation's best score: what the first small piece more of a limit adds to the bound.
It is an estimate of what a plan would gain, quick for all limits at once, and good for ranking. What a plan really
gains is found by solving again with one more (`price_check.py`); the two are never mixed.

One more class of a course has no row; its price is what a copy of one of its classes would add by those duals:
the best so many of its pairs at their reduced gains, less its fixed cost at the fund's price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from solver.bounds.exact_bound import Floats
from solver.bounds.relaxation import Relaxation
from solver.instance.columns import NO_LIMIT, Ints, build_columns
from solver.instance.facts import Instance, Option, TrainingClass
from solver.model.rows import RULES, Model, build_model
from solver.search.child_process import Child, Post

MONEY = 10_000_000  # đồng: the step in which a fund is priced
KINDS = ("seats", "money", "absence", "classes")
_NAMES = [name for name, _ in RULES]


@dataclass(frozen=True, slots=True)
class Price:
    """What one more is worth by the duals.

    Attributes:
        kind: seats (one more in a class), money (MONEY đồng more in a fund), absence (one more of a unit's people
            on every day), classes (one more class of a course).
        where: the class, fund, unit or course.
        dual: points, by the relaxation.
        like: classes: the option that the further class is a copy of.
    """

    kind: str
    where: str
    dual: float
    like: str | None = None


def amended_by(instance: Instance, price: Price) -> Instance:
    """The instance with one more of what is priced. A further class has new ids, and the calendar it copies."""
    if price.kind == "seats":
        classes = tuple(
            replace(made, max_seats=made.max_seats + 1) if made.id == price.where else made
            for made in instance.classes
        )
        return replace(instance, classes=classes)
    if price.kind == "money":
        funds = tuple(
            replace(fund, budget=fund.budget + MONEY) if fund.id == price.where else fund
            for fund in instance.funds
        )
        return replace(instance, funds=funds)
    if price.kind == "absence":
        units = tuple(
            replace(unit, max_absent=(unit.max_absent or 0) + 1) if unit.id == price.where else unit
            for unit in instance.units
        )
        return replace(instance, units=units)
    for made in instance.classes:
        for option in made.options:
            if option.id == price.like:
                return replace(instance, classes=(*instance.classes, _copy(instance, made, option)))
    raise KeyError(price.like)


def _copy(instance: Instance, made: TrainingClass, option: Option) -> TrainingClass:
    """A further class like this one, in that calendar, with a hall and lecturers of its own."""
    taken = {each.id for each in instance.classes} | {o.id for each in instance.classes for o in each.options}
    name = f"{made.id}+"
    while name in taken or f"{name}-1" in taken:
        name += "+"
    return replace(made, id=name, options=(replace(option, id=f"{name}-1", resources=()),))


def duals(instance: Instance, seconds: float, seed: int = 0) -> list[Price] | None:
    """All prices above nothing, each kind from the dearest on; None when the time is not enough.

    Args:
        seconds: at most so many; the simplex runs in a process that is ended after that.
    """
    model = build_model(build_columns(instance))
    child = Child(partial(_relax, model, seed))
    try:
        if not child.connection.poll(seconds):
            return None
        message = child.connection.recv()
    finally:
        child.kill()
    if message[0] == "failed":
        raise RuntimeError(message[1])
    values, prices = message[1], message[2]
    found = [
        *_seats(model, values, prices),
        *_money(model, prices),
        *_absence(model, prices),
        *_classes(model, prices),
    ]
    found = [price for price in found if price.dual > 1e-6]
    return sorted(found, key=lambda price: (KINDS.index(price.kind), -price.dual, price.where))


def _relax(model: Model, seed: int, post: Post) -> None:
    relaxation = Relaxation(model, seed)
    if not relaxation.run():
        raise RuntimeError("the relaxation has no solution although a plan is known")
    post.send("relaxed", relaxation.values[: model.matrix.shape[1]], relaxation.prices[: model.matrix.shape[0]])


def _rows(model: Model, rule: str) -> Ints:
    return np.flatnonzero(model.rule == _NAMES.index(rule))


def _most_rows(model: Model) -> tuple[Ints, Ints]:
    """Rows «seats of the option ≤ most · it runs», and the option of each."""
    rows = _rows(model, "size")
    rows = rows[model.upper[rows] < NO_LIMIT]
    options = model.matrix[rows][:, model.pairs : model.pairs + model.options].tocoo()
    option = np.full(len(rows), -1, dtype=np.int64)
    option[options.row] = options.col
    return rows[option >= 0], option[option >= 0]


def _seats(model: Model, values: Floats, prices: Floats) -> list[Price]:
    columns, classes = model.columns, model.columns.instance.classes
    worth = np.zeros(len(classes))
    rows, option = _most_rows(model)
    # a class with one more seat has it only as far as it runs
    np.add.at(worth, columns.option_class[option], prices[rows] * values[model.pairs + option])
    return [Price("seats", made.id, float(points)) for made, points in zip(classes, worth, strict=True)]


def _money_prices(model: Model, prices: Floats) -> Floats:
    """[funds] points for one đồng."""
    columns = model.columns
    found = np.zeros(len(columns.fund_budget))
    for row in _rows(model, "budget").tolist():
        begin, end = model.matrix.indptr[row], model.matrix.indptr[row + 1]
        if begin == end:
            continue
        column, coefficient = int(model.matrix.indices[begin]), int(model.matrix.data[begin])
        if column < model.pairs:
            cost = int(columns.seat_cost[columns.pair_class[column]])
        else:
            cost = int(columns.fixed_cost[columns.option_class[column - model.pairs]])
        found[model.subject[row]] += prices[row] * coefficient / cost  # the row counts in the fund's own unit
    return found


def _money(model: Model, prices: Floats) -> list[Price]:
    per_dong = _money_prices(model, prices)
    funds = model.columns.instance.funds
    return [Price("money", fund.id, float(p) * MONEY) for fund, p in zip(funds, per_dong, strict=True)]


def _absence(model: Model, prices: Floats) -> list[Price]:
    units = model.columns.instance.units
    worth = np.zeros(len(units))
    rows = _rows(model, "absence")
    np.add.at(worth, model.subject[rows], prices[rows])
    return [Price("absence", unit.id, float(points)) for unit, points in zip(units, worth, strict=True)]


def _classes(model: Model, prices: Floats) -> list[Price]:
    columns, instance = model.columns, model.columns.instance
    reduced = (model.gain - model.matrix.T @ prices)[: model.pairs]
    # the copy has places of its own: what the class's own size and quotas cost its pairs does not count
    for rule in ("size", "quota"):
        rows = _rows(model, rule)
        reduced += (model.matrix[rows].T @ prices[rows])[: model.pairs]
    money = _money_prices(model, prices)[columns.class_fund]
    order = np.lexsort((-reduced, columns.pair_option))
    bounds = np.searchsorted(columns.pair_option[order], np.arange(model.options + 1))
    best: dict[str, Price] = {}
    options = [(made, option) for made in instance.classes for option in made.options]
    for position, (made, option) in enumerate(options):
        kind = int(columns.option_class[position])
        gains = reduced[order[bounds[position] : bounds[position + 1]]][: made.max_seats]
        if len(gains) < made.min_seats:
            continue
        seats = max(made.min_seats, int((gains > 0).sum()))
        points = float(gains[:seats].sum() - columns.fixed_cost[kind] * money[kind])
        if made.course not in best or points > best[made.course].dual:
            best[made.course] = Price("classes", made.course, points, option.id)
    return list(best.values())
