"""Rows that every plan keeps but the relaxation may break: they lower its bound and settle more classes.

- *links*: a seat in an option ≤ the option runs. The size row alone lets a third of a class give full seats to a
  third of its people; with the links each of them has at most a third of a seat. That matters most where a class
  has several options.
- *money*: mixed-integer rounding of a fund's budget (Marchand and Wolsey 2001). With a_o = the cost of option o
  when it is full and s = the money that its free places save, Σ a_o y_o − s ≤ budget; for δ, ρ = budget mod δ
  and ρ_o = a_o mod δ

      Σ ((δ − ρ) ⌊a_o / δ⌋ + max(0, ρ_o − ρ)) y_o − s ≤ (δ − ρ) ⌊budget / δ⌋

  holds for whole y ≥ 0 and s ≥ 0. Options that mostly run are first complemented (y = 1 − ȳ).
- *trainees*: a linear program over a trainee's bundles (`bundles.py`) finds a row that all bundles keep and the
  relaxation's seats break, where prerequisites, days of class and clashes together allow less than each alone.

All coefficients are whole and each right side is computed from them exactly, so that the bounds stay proven.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from solver.bounds.bundles import Bundles, build_bundles
from solver.bounds.exact_bound import Floats
from solver.instance.columns import NO_LIMIT, Ints
from solver.model import highs
from solver.model.model import Model
from solver.rules.rows import Rows

_BROKEN = 1e-3  # seats by which a link must be broken before it gets a row
_SHARES = (1, 2, 3, 4, 5, 8)  # δ: full costs of open options divided by these
_MULTIPLES = (1, 2, 3, 4, 5, 6, 8, 10, 12)
_MANY_LINKS = 150
_MOST_TRAINEES = 400  # trainees examined in one round
_MOST_BUNDLES = 2000  # bundles of a group; above this, its program costs more than its row gains


def joined(found: list[Rows]) -> Rows | None:
    """Return the rows concatenated; None if there are none."""
    found = [rows for rows in found if len(rows.upper)]
    if not found:
        return None
    offsets = np.cumsum([0] + [len(rows.upper) for rows in found])
    return Rows(
        np.concatenate([rows.row + offset for rows, offset in zip(found, offsets[:-1], strict=True)]),
        np.concatenate([rows.column for rows in found]),
        np.concatenate([rows.coefficient for rows in found]),
        np.concatenate([rows.lower for rows in found]),
        np.concatenate([rows.upper for rows in found]),
        np.concatenate([rows.subject for rows in found]),
    )


class Cuts:
    """Find rows that a solution of the relaxation breaks. Each link is returned once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._linked = np.zeros(model.pairs, dtype=np.bool_)
        self._bundles: Bundles | None = None
        columns = model.columns
        bounded = columns.fund_budget[columns.class_fund[columns.option_class]] < NO_LIMIT
        self._funds = np.unique(columns.class_fund[columns.option_class[bounded]])

    def find(self, values: Floats) -> Rows | None:
        """Return broken rows of all kinds; of trainees only once the links add little."""
        links = self.links(values)
        found = [links, self.money(values)]
        if len(links.upper) < _MANY_LINKS:
            found.append(self.trainees(values))
        return joined([rows for rows in found if rows is not None])

    def links(self, values: Floats) -> Rows:
        """Return rows for seats that exceed their option. values: [columns]."""
        model, option = self.model, self.model.columns.pair_option
        seats, runs = values[: model.pairs], values[model.pairs : model.pairs + model.options]
        found = np.flatnonzero((seats > runs[option] + _BROKEN) & ~self._linked)
        self._linked[found] = True
        row = np.arange(len(found), dtype=np.int64)
        one = np.ones(len(found), dtype=np.int64)
        return Rows(
            np.concatenate([row, row]),
            np.concatenate([found, model.pairs + option[found]]),
            np.concatenate([one, -one]),
            np.full(len(found), -NO_LIMIT),
            np.zeros(len(found), dtype=np.int64),
            option[found],
        )

    def money(self, values: Floats) -> Rows | None:
        """Return for each fund the rounding that is broken most."""
        found = [self._rounding(fund, values) for fund in self._funds.tolist()]
        return joined([rows for rows in found if rows is not None])

    def _rounding(self, fund: int, values: Floats) -> Rows | None:
        model, columns = self.model, self.model.columns
        kind = columns.option_class
        options = np.flatnonzero(columns.class_fund[kind] == fund)
        pairs = np.flatnonzero(columns.class_fund[columns.pair_class] == fund)
        kind = kind[options]
        unit = max(1, int(np.gcd.reduce(np.concatenate([columns.fixed_cost[kind], columns.seat_cost[kind]]))))
        seat_cost = columns.seat_cost // unit
        full = columns.fixed_cost[kind] // unit + seat_cost[kind] * columns.class_max[kind]
        budget = int(columns.fund_budget[fund]) // unit
        runs = values[model.pairs + options]
        saved = float((seat_cost[kind] * columns.class_max[kind]) @ runs)
        saved -= float(seat_cost[columns.pair_class[pairs]] @ values[pairs])
        turned = runs > 0.5
        share = np.where(turned, 1.0 - runs, runs)
        cost = np.where(turned, -full, full)
        budget -= int(full[turned].sum())
        opened = full[(runs > 1e-4) & (runs < 1.0 - 1e-4)]
        best, best_row, best_side = 1e-3, None, 0
        for delta in np.unique(np.concatenate([opened // part for part in _SHARES])).tolist():
            left = budget % delta if delta > 1 else 0
            if left == 0 or delta - left < 0.01 * delta:
                continue
            row = (delta - left) * (cost // delta) + np.maximum(0, cost % delta - left)
            side = (delta - left) * (budget // delta)
            length = float(np.sqrt((row.astype(np.float64) ** 2).sum()) + 1.0)
            broken = (float((row * share).sum()) - saved - side) / length
            if broken > best:
                best, best_row, best_side = broken, row, side
        if best_row is None:
            return None
        side = best_side - int(best_row[turned].sum())
        of_options = np.where(turned, -best_row, best_row) - seat_cost[kind] * columns.class_max[kind]
        column = np.concatenate([pairs, model.pairs + options])
        coefficient = np.concatenate([seat_cost[columns.pair_class[pairs]], of_options])
        return _one_row(column, coefficient, side, fund)

    def trainees(self, values: Floats) -> Rows | None:
        """Return one row for each group of linked needs whose seats are no mixture of bundles."""
        model = self.model
        if self._bundles is None:
            self._bundles = build_bundles(model)
        bundles = self._bundles
        seats = values[: model.pairs]
        ends = np.append(bundles.first, len(bundles.member))
        of_group = np.append(bundles.begin, len(bundles.first))
        group_of_pair = np.full(model.pairs, -1, dtype=np.int64)
        group_of_pair[bundles.member] = np.repeat(bundles.group, np.diff(ends))
        torn = np.flatnonzero(np.abs(seats - np.rint(seats)) > _BROKEN)
        groups = np.unique(group_of_pair[torn])
        groups = groups[groups >= 0]
        groups = groups[np.diff(of_group)[groups] <= _MOST_BUNDLES][:_MOST_TRAINEES]
        found = []
        for group in groups.tolist():
            first, last = int(of_group[group]), int(of_group[group + 1])
            member = bundles.member[ends[first] : ends[last]].astype(np.int64)
            bundle = np.repeat(np.arange(last - first), np.diff(ends[first : last + 1]))
            pairs, position = np.unique(member, return_inverse=True)
            if len(pairs) == last - first:
                continue  # a need alone: its row is enough
            row = _separating(_sets_of(bundle, position, last - first, len(pairs)), seats[pairs])
            if row is not None:
                found.append(_one_row(pairs, row[0], row[1], group))
        return joined(found)


def _one_row(column: Ints, coefficient: Ints, upper: int, subject: int) -> Rows:
    used = np.flatnonzero(coefficient)
    return Rows(
        np.zeros(len(used), dtype=np.int64),
        column[used],
        coefficient[used],
        np.array([-NO_LIMIT]),
        np.array([upper], dtype=np.int64),
        np.array([subject], dtype=np.int64),
    )


def _sets_of(row: Ints, column: Ints, rows: int, columns: int) -> sparse.csr_array:
    """Return the 0/1 matrix of sets: `row` holds `column`."""
    ones = np.ones(len(row), dtype=np.int64)
    return sparse.csr_array(sparse.coo_array((ones, (row, column)), shape=(rows, columns)))


def _separating(sets: sparse.csr_array, point: Floats) -> tuple[Ints, int] | None:
    """Return (coefficients, side) of a row that all sets (and none) keep and the point breaks, or None.

    The program's answer is only a proposal: it is rounded, and the side is the largest value of any set.
    """
    rows, width = sets.shape
    side_column = sparse.csr_array(-np.ones((rows, 1), dtype=np.int64))
    matrix = sparse.csr_array(sparse.hstack([sets, side_column], format="csr"))
    gain = np.zeros(width + 1, dtype=np.int64)
    least = np.append(np.full(width, -1), 0)
    most = np.append(np.ones(width, dtype=np.int64), width)
    program = highs.program(
        matrix, gain, (least, most), (np.full(rows, -NO_LIMIT), np.zeros(rows, dtype=np.int64))
    )
    # seats that nobody takes get the remaining coefficients: a row of many seats is stronger
    program.col_cost_ = np.append(point + 1e-4, -1.0)
    solver = highs.solver(presolve="off")
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() != highs.core.HighsModelStatus.kOptimal:
        return None
    found = np.array(solver.getSolution().col_value)[:width]
    for multiple in _MULTIPLES:
        if np.abs(found * multiple - np.rint(found * multiple)).max() < 1e-6:
            break
    coefficient = np.rint(found * multiple).astype(np.int64)
    side = max(0, int((sets @ coefficient).max()))
    if float(coefficient @ point) - side < 0.02 * multiple:
        return None
    return coefficient, side
