"""The value of one more unit of a limit, read off the relaxation's duals.

A dual is the slope of the relaxation's best score: what the first small increase of a limit adds to the bound. It
estimates what a plan would gain, is quick for all limits at once, and ranks them well. The real gain of a plan is
found by solving again with one more (`price_check.py`); the two are never mixed.

One more class of a course has no row. Its price is what a copy of one of its classes would add by those duals: its
best pairs at their reduced gains, up to its size, less its fixed cost at the fund's price.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import sparse

from solver.bounds.exact_bound import Floats
from solver.bounds.relaxation import Relaxation
from solver.instance.columns import build_columns
from solver.instance.facts import Instance, Option, TrainingClass
from solver.model.model import Model, build_model
from solver.rules.base import Rule
from solver.rules.plan.budget import per_dong
from solver.rules.rows import PricedRows
from solver.rules.table import ABSENCE, BUDGET, BY_NAME, QUOTA, RULES, SIZE
from solver.search.child_process import Child, Post

CLASS = "class"  # a further class of a course: no limit of a rule
KINDS = (SIZE.name, BUDGET.name, ABSENCE.name, CLASS)


@dataclass(frozen=True, slots=True)
class Price:
    """The value of one more by the duals.

    Attributes:
        kind: size (one more seat in a class), budget (MONEY đồng more in a fund), absence (one more of a unit's
            people on every day), class (one more class of a course).
        where: the class, fund, unit or course.
        dual: points, by the relaxation.
        like: class: the option that the further class is a copy of.
    """

    kind: str
    where: str
    dual: float
    like: str | None = None


def amended_by(instance: Instance, price: Price) -> Instance:
    """Return the instance with one more of what is priced. A further class has new ids and a copied calendar."""
    if price.kind != CLASS:
        return BY_NAME[price.kind].one_more(instance, price.where)
    for made in instance.classes:
        for option in made.options:
            if option.id == price.like:
                return replace(instance, classes=(*instance.classes, _copy(instance, made, option)))
    raise KeyError(price.like)


def _copy(instance: Instance, made: TrainingClass, option: Option) -> TrainingClass:
    """Return a further class like this one, in that calendar, with a hall and lecturers of its own."""
    taken = {each.id for each in instance.classes} | {o.id for each in instance.classes for o in each.options}
    name = f"{made.id}+"
    while name in taken or f"{name}-1" in taken:
        name += "+"
    return replace(made, id=name, options=(replace(option, id=f"{name}-1", resources=()),))


def duals(instance: Instance, seconds: float, seed: int = 0) -> list[Price] | None:
    """Return all positive prices, each kind from the highest on; None if there is not enough time.

    Args:
        seconds: the limit; the simplex runs in a process that is ended after that.
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
        Price(rule.name, where, points)
        for rule in RULES
        for where, points in rule.prices(_priced(model, rule, values, prices))
    ]
    found += _classes(model, values, prices)
    found = [price for price in found if price.dual > 1e-6]
    return sorted(found, key=lambda price: (KINDS.index(price.kind), -price.dual, price.where))


def _relax(model: Model, seed: int, post: Post) -> None:
    relaxation = Relaxation(model, seed)
    if not relaxation.run():
        raise RuntimeError("the relaxation has no solution although a plan is known")
    post.send("relaxed", relaxation.values[: model.matrix.shape[1]], relaxation.prices[: model.matrix.shape[0]])


def _priced(model: Model, rule: Rule, values: Floats, prices: Floats) -> PricedRows:
    rows = model.rows_of(rule)
    return PricedRows(
        model.columns, sparse.csr_array(model.matrix[rows]), model.upper[rows], model.subject[rows],
        prices[rows], values,
    )  # fmt: skip


def _classes(model: Model, values: Floats, prices: Floats) -> list[Price]:
    columns, instance = model.columns, model.columns.instance
    reduced = (model.gain - model.matrix.T @ prices)[: model.pairs]
    # the copy has places of its own: the price of the class's own size and quotas does not count
    for rule in (SIZE, QUOTA):
        rows = model.rows_of(rule)
        reduced += (model.matrix[rows].T @ prices[rows])[: model.pairs]
    money = per_dong(_priced(model, BUDGET, values, prices))[columns.class_fund]
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
            best[made.course] = Price(CLASS, made.course, points, option.id)
    return list(best.values())
