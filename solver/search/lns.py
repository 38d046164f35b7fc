"""Large neighbourhood search: a few classes or people are decided again, all others keep their seats."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from solver.bounds.exact_bound import Floats
from solver.instance.columns import Ints
from solver.model.model import Model
from solver.model.sub_mip import solve_part
from solver.model.submodel import restrict
from solver.search.rounding import completed, plan_cost, plan_values

_NODES = 30


class Improver:
    """Holds the best plan and improves it. `take` passes it a better plan from elsewhere."""

    def __init__(self, model: Model, runs: Ints, pairs: Ints, seed: int) -> None:
        self.model = model
        self.columns = model.columns
        self._random = np.random.default_rng(seed)
        self._seed = seed
        self._turn = 0
        classes, trainees = len(self.columns.class_min), len(self.columns.trainee_unit)
        self._openness = np.zeros(classes)
        self._wishes: Floats = np.zeros(model.pairs)
        shared = sparse.csr_array(
            (np.ones(model.pairs), (self.columns.pair_trainee, self.columns.pair_class)), shape=(trainees, classes)
        )
        shared.data[:] = 1.0
        self._shared = (shared.T @ shared).toarray()
        self._class_pairs = np.bincount(self.columns.pair_class, minlength=classes)
        self._room = {"classes": 800.0, "people": 800.0}  # pairs to free: small at first, hard parts exist
        self._shortfalls = model.pairs + model.options + np.arange(len(self.columns.unit_target), dtype=np.int64)
        self.runs, self.pairs = runs, pairs
        self.values = plan_values(model, runs, pairs)

    @property
    def score(self) -> int:
        return int(self.model.gain @ self.values) + self.model.constant

    def take(self, runs: Ints, pairs: Ints) -> None:
        """Continue from this plan if it is better."""
        values = plan_values(self.model, runs, pairs)
        if int(self.model.gain @ values) + self.model.constant > self.score:
            self.runs, self.pairs, self.values = runs, pairs, values

    def learn(self, values: Floats) -> None:
        """Record which classes and whose seats the relaxation leaves open."""
        seats = values[: self.model.pairs]
        y = values[self.model.pairs : self.model.pairs + self.model.options]
        self._openness[:] = 0.0
        np.maximum.at(self._openness, self.columns.option_class, np.minimum(y, 1 - y))
        self._wishes = np.abs(seats - self.values[: self.model.pairs])

    def _some_classes(self) -> Ints:
        columns = self.columns
        classes = len(columns.class_min)
        running = np.zeros(classes, dtype=np.bool_)
        running[columns.option_class[self.runs]] = True
        weight = 0.02 + 2.0 * self._openness + 0.5 * ~running
        first = int(self._random.choice(classes, p=weight / weight.sum()))
        near = self._shared[first] / max(1.0, self._shared[first].max()) + 0.001
        near = near + 2.0 * weight * (columns.class_fund == columns.class_fund[first])
        near[first] = 0.0
        order = np.argsort(-(self._random.random(classes) ** (1.0 / np.maximum(1e-9, near))), kind="stable")
        chosen = np.concatenate([[first], order[order != first]])
        size = np.cumsum(self._class_pairs[chosen])
        return chosen[: max(2, int(np.searchsorted(size, self._room["classes"])))]

    def _some_people(self) -> Ints:
        columns = self.columns
        wish = np.zeros(len(columns.trainee_unit))
        np.maximum.at(wish, columns.pair_trainee, self._wishes)
        unit = np.bincount(columns.trainee_unit, weights=wish, minlength=len(columns.unit_target))
        near = 0.02 + np.minimum(1.0, wish) + 0.1 * np.minimum(1.0, unit[columns.trainee_unit])
        order = np.argsort(-(self._random.random(len(near)) ** (1.0 / near)), kind="stable")
        running = self.values[self.model.pairs : self.model.pairs + self.model.options] == 1
        pairs = np.bincount(
            columns.pair_trainee[running[columns.pair_option]], minlength=len(columns.trainee_unit)
        )
        size = np.cumsum(pairs[order])
        return order[: max(2, int(np.searchsorted(size, self._room["people"])))]

    def step(self) -> bool:
        """Solve one neighbourhood. Return True if the plan is better (more points, or as many and cheaper)."""
        self._turn += 1
        columns, model = self.columns, self.model
        kind = "classes" if self._turn % 3 == 0 else "people"
        free = np.zeros(model.matrix.shape[1], dtype=np.bool_)
        if kind == "classes":
            chosen = np.zeros(len(columns.class_min), dtype=np.bool_)
            chosen[self._some_classes()] = True
            options = chosen[columns.option_class]
            free[: model.pairs] = options[columns.pair_option]
            free[model.pairs : model.pairs + model.options] = options
        else:
            people = np.zeros(len(columns.trainee_unit), dtype=np.bool_)
            people[self._some_people()] = True
            running = self.values[model.pairs : model.pairs + model.options] == 1
            free[: model.pairs] = people[columns.pair_trainee] & running[columns.pair_option]
        free[self._shortfalls] = True
        which = np.flatnonzero(free)
        part = restrict(model, which, self.values)
        answer = solve_part(part, nodes=_NODES, seed=self._seed, hint=self.values[which])
        found, work = answer.values, answer.work
        limit = 0.05 * len(columns.pair_need) + 20000.0
        pace = 1.3 if work < 2000 else 1.1 if work < 5000 else 0.6
        self._room[kind] = float(np.clip(self._room[kind] * pace, 200.0, limit))
        if found is None:
            return False
        values = self.values.copy()
        values[which] = found
        runs = np.flatnonzero(values[model.pairs : model.pairs + model.options])
        pairs = np.flatnonzero(values[: model.pairs])
        if np.array_equal(pairs, self.pairs) and np.array_equal(runs, self.runs):
            return False
        runs, pairs = completed(columns, runs, pairs)
        values = plan_values(model, runs, pairs)
        before = (self.score, -plan_cost(columns, self.runs, self.pairs))
        after = (int(model.gain @ values) + model.constant, -plan_cost(columns, runs, pairs))
        if after[0] < before[0]:
            return False
        self.runs, self.pairs, self.values = runs, pairs, values
        return after > before
