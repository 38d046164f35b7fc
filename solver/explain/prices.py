"""The value of one more unit of a limit, read off the relaxation's duals.

A dual is the slope of the relaxation's best score: what the first small increase of a limit adds to the bound. It
estimates what a plan would gain, is quick for all limits at once, and ranks them well. The slope of the number of
seats is read off the same basis. The real gain of a plan is found by solving again with one more
(`price_check.py`); the two are never mixed.

One more class of a course has no row. Its price is what a copy of one of its classes would add by those duals: its
best pairs at their reduced gains, up to its size, less its fixed cost at the fund's price.

A large sum in a fund is more than a slope can tell: the relaxation itself is solved again with it.
"""

from __future__ import annotations

import time
from collections import Counter
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
SUM = "sum"  # a large sum in a fund
KINDS = (SIZE.name, BUDGET.name, ABSENCE.name, CLASS, SUM)
LARGE_SUM = 500_000_000  # đồng


@dataclass(frozen=True, slots=True)
class Price:
    """The value of one more by the relaxation.

    Attributes:
        kind: size (one more seat in a class), budget (MONEY đồng more in a fund), absence (one more of a unit's
            people on every day), class (one more class of a course), sum (LARGE_SUM đồng more in a fund).
        where: the class, fund, unit or course.
        dual: points, by the relaxation.
        like: class: the option that the further class is a copy of.
        needs: seats, by the relaxation; below 0 where seats of more points take the place of others.
        courses: sum: the courses that get most seats more, each with their number.
    """

    kind: str
    where: str
    dual: float
    like: str | None = None
    needs: float = 0.0
    courses: tuple[tuple[str, float], ...] = ()


def amended_by(instance: Instance, price: Price) -> Instance:
    """Return the instance with one more of what is priced. A further class has new ids and a copied calendar."""
    if price.kind == SUM:
        return BUDGET.amend(instance, BUDGET.raised(instance, price.where, LARGE_SUM))
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
        seconds: the limit; the simplex runs in a process that is ended after that. Large sums for which it is too
            short are left out.
    """
    deadline = time.monotonic() + seconds
    model = build_model(build_columns(instance))
    child = Child(partial(_relax, model, seed))
    found: list[Price] | None = None
    try:
        while child.connection.poll(max(0.0, deadline - time.monotonic())):
            message = child.connection.recv()
            if message[0] == "failed":
                raise RuntimeError(message[1])
            if message[0] == "relaxed":
                found = _read_off(model, *message[1:])
            elif message[0] == "sum" and found is not None:
                found.append(message[1])
            else:
                break
    finally:
        child.kill()
    if found is None:
        return None
    found = [price for price in found if price.dual > 1e-6]
    return sorted(found, key=lambda price: (KINDS.index(price.kind), -price.dual, price.where))


def _relax(model: Model, seed: int, post: Post) -> None:
    relaxation = Relaxation(model, seed)
    if not relaxation.run():
        raise RuntimeError("the relaxation has no solution although a plan is known")
    rows, width = model.matrix.shape
    slopes = relaxation.slopes((np.arange(width) < model.pairs).astype(np.float64))
    post.send("relaxed", relaxation.values[:width], relaxation.prices[:rows], slopes[:rows])
    basis, seats = relaxation.basis(), _seats_by_course(model, relaxation.values)
    for fund in model.columns.instance.funds:
        price = Price(SUM, fund.id, 0.0)
        larger = build_model(build_columns(amended_by(model.columns.instance, price)))
        again = Relaxation(larger, seed)
        if larger.matrix.shape == model.matrix.shape:
            again.set_basis(basis)
        if not again.run():
            continue
        more = _seats_by_course(larger, again.values)
        more.subtract(seats)
        most = [
            (course, more[course]) for course in sorted(more, key=lambda c: (-more[c], c)) if more[course] > 0.5
        ]
        dual, needs = again.objective - relaxation.objective, sum(more.values())
        post.send("sum", replace(price, dual=dual, needs=needs, courses=tuple(most[:5])))


def _seats_by_course(model: Model, values: Floats) -> Counter[str]:
    columns = model.columns
    needs = np.bincount(columns.pair_need, weights=values[: model.pairs], minlength=len(columns.instance.needs))
    found: Counter[str] = Counter()
    for need, seats in zip(columns.instance.needs, needs.tolist(), strict=True):
        found[need.course] += seats
    return found


def _read_off(model: Model, values: Floats, prices: Floats, slopes: Floats) -> list[Price]:
    """Return the prices of all limits and further classes from points and seats of each row."""
    found = []
    for rule in RULES:
        seats = dict(rule.prices(_priced(model, rule, values, slopes)))
        for where, points in rule.prices(_priced(model, rule, values, prices)):
            found.append(Price(rule.name, where, points, needs=seats[where]))
    return found + _classes(model, values, prices, slopes)


def _priced(model: Model, rule: Rule, values: Floats, prices: Floats) -> PricedRows:
    rows = model.rows_of(rule)
    return PricedRows(
        model.columns, sparse.csr_array(model.matrix[rows]), model.upper[rows], model.subject[rows],
        prices[rows], values,
    )  # fmt: skip


def _reduced(model: Model, gain: Floats, prices: Floats) -> Floats:
    """Return [pairs] what each pair gains, less what it takes; a copy has places of its own, so not of those."""
    reduced: Floats = (gain - model.matrix.T @ prices)[: model.pairs]
    for rule in (SIZE, QUOTA):
        rows = model.rows_of(rule)
        reduced += (model.matrix[rows].T @ prices[rows])[: model.pairs]
    return reduced


def _classes(model: Model, values: Floats, prices: Floats, slopes: Floats) -> list[Price]:
    columns, instance = model.columns, model.columns.instance
    one = (np.arange(model.matrix.shape[1]) < model.pairs).astype(np.float64)
    points, seats = _reduced(model, model.gain.astype(np.float64), prices), _reduced(model, one, slopes)
    fixed = columns.fixed_cost
    money = fixed * per_dong(_priced(model, BUDGET, values, prices))[columns.class_fund]
    displaced = fixed * per_dong(_priced(model, BUDGET, values, slopes))[columns.class_fund]
    order = np.lexsort((-points, columns.pair_option))
    bounds = np.searchsorted(columns.pair_option[order], np.arange(model.options + 1))
    best: dict[str, Price] = {}
    options = [(made, option) for made in instance.classes for option in made.options]
    for position, (made, option) in enumerate(options):
        kind = int(columns.option_class[position])
        taken = order[bounds[position] : bounds[position + 1]][: made.max_seats]
        if len(taken) < made.min_seats:
            continue
        taken = taken[: max(made.min_seats, int((points[taken] > 0).sum()))]
        gained = float(points[taken].sum() - money[kind])
        if made.course not in best or gained > best[made.course].dual:
            needs = float(seats[taken].sum() - displaced[kind])
            best[made.course] = Price(CLASS, made.course, gained, option.id, needs)
    return list(best.values())
