"""The stages of the computing processes. They report plans, bounds and stages as they are found.

Nothing here reads a clock: with one process and one seed the same plans come in the same order. The supervisor
(`solve.py`) keeps the time and kills these processes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.bounds.class_prices import Offers
from solver.bounds.lagrangian import ascend
from solver.bounds.relaxation import Relaxation
from solver.instance.columns import Ints
from solver.model.model import Model
from solver.model.sub_mip import solve_part
from solver.model.submodel import Part, restrict
from solver.result import Conflict
from solver.search.auction import auction, only_places_are_scarce
from solver.search.child_process import Message, Post
from solver.search.class_branching import ClassSearch, dive
from solver.search.greedy import first_plan
from solver.search.lns import Improver
from solver.search.rounding import completed, plan_score, plan_values, repair
from solver.search.warm_start import forced_plan, kept_plan, must_start

SMALL = 3000  # pairs: up to here the whole model is solved to the proof
_PROOF_NODES = (50, 1000, 1 << 30)
_ROUNDS = 250  # of dual ascent: about a second at the size of a province
_WIDE = 200_000  # pairs: with several calendars the relaxation of more takes minutes
_OFFERS = 400  # rounds of class-side prices before calendars are chosen, if another process …
_LONG_OFFERS = 1600  # … does as many for the bound
_TOLD = 50  # rounds between two reported bounds
_CUT_ROUNDS, _CUT_GAIN = 12, 2e-5  # rounds at most; the least gain of a round, as a part of the bound
_NODES_IN_TURN, _STEPS_IN_TURN = 20, 3  # for one process that does both searches


@dataclass(frozen=True, slots=True)
class Task:
    model: Model
    seed: int
    workers: int
    start: tuple[Ints, Ints] | None = None  # a plan that keeps all rules: positions of options and pairs
    kept: tuple[Ints, Ints] | None = None  # likewise, made of the plan in force


class Teller:
    """Report to the supervisor only what is new."""

    def __init__(self, task: Task, post: Post) -> None:
        self.model = task.model
        self._post = post
        self.best: int | None = None
        self.runs: Ints = np.zeros(0, dtype=np.int64)
        self.pairs: Ints = np.zeros(0, dtype=np.int64)
        self._bound: int | None = None

    def stage(self, name: str) -> None:
        self._post.send("stage", name)

    def bound(self, bound: int) -> None:
        if self._bound is None or bound < self._bound:
            self._bound = bound
            self._post.send("bound", bound)

    def plan(self, runs: Ints, pairs: Ints) -> None:
        score = plan_score(self.model, runs, pairs)
        if self.best is None or score > self.best:
            self.best, self.runs, self.pairs = score, runs, pairs
            self._post.send("plan", runs, pairs)

    def hear(self, messages: list[Message]) -> None:
        """Read plans of the other process: kept if better, and not reported again."""
        for message in messages:
            if message[0] == "plan":
                score = plan_score(self.model, message[1], message[2])
                if self.best is None or score > self.best:
                    self.best, self.runs, self.pairs = score, message[1], message[2]


def begin(task: Task, teller: Teller, post: Post) -> bool:
    """Find a first plan, without any optimizing; return False if there is none, or nothing to decide."""
    model = task.model
    teller.stage("first plan")
    if task.start is not None:
        teller.plan(*task.start)
    elif must_start(model):
        forced = task.kept or forced_plan(model)
        if not forced or isinstance(forced[0], Conflict):
            post.send("infeasible", forced)
            return False
        teller.plan(*forced)
    else:
        teller.plan(*first_plan(model.columns).plan())
    kept = kept_plan(model, task.kept)
    if kept is not None:
        teller.plan(*kept)
    if model.pairs == 0:
        assert teller.best is not None
        teller.bound(teller.best)
        return False
    return True


def lead(task: Task, post: Post) -> None:
    """The first process: a plan, the relaxation, the classes; and the improvement if it is alone.

    1. A first plan, without any optimizing (CP-SAT starts it where pins or `max_changes` forbid the empty plan).
    2. If alone, a bound by dual ascent; otherwise the other process does that.
    3. The relaxation: a bound, and most classes decided.
    4. A dive to a first set of classes, its seats rounded.
    5. A small instance: the whole model as one integer program, to the proof.
    6. Rows that every plan keeps and the relaxation breaks; a second dive.
    7. Branch and bound on the classes for a better bound and better sets; improvement in between.
    """
    model, teller = task.model, Teller(task, post)
    if not begin(task, teller, post):
        return
    if model.pairs > SMALL and only_places_are_scarce(model):
        _auction(task, teller, post)
    if task.workers == 1 or model.pairs <= SMALL:
        teller.stage("prices")
        ascend(model, _ROUNDS, teller.bound)
    if model.pairs > SMALL and model.options > len(model.columns.class_min):
        _calendars(task, teller, post)
    teller.stage("relaxation")
    relaxation = Relaxation(model, task.seed)
    if not relaxation.run():
        raise RuntimeError("the relaxation has no solution although a plan is known")
    teller.bound(relaxation.proven())
    post.send("open", relaxation.values)
    _dive(task, relaxation, teller)
    if model.pairs <= SMALL:
        teller.stage("proof")
        _prove(task, teller)
        return
    _tighten(relaxation, teller, post)
    _dive(task, relaxation, teller)
    _alternate(task, relaxation, teller, post)


def _auction(task: Task, teller: Teller, post: Post) -> None:
    """Assign seats by auction, then improve without end: the simplex would not finish here (`auction.py`)."""
    model = task.model
    teller.stage("auction")
    wished = auction(model, lambda runs, pairs: teller.plan(*completed(model.columns, runs, pairs)), teller.bound)
    post.send("open", wished)
    teller.stage("improvement")
    improver = Improver(model, teller.runs, teller.pairs, task.seed)
    improver.learn(wished)
    while True:
        teller.hear(post.read())
        improver.take(teller.runs, teller.pairs)
        if improver.step():
            teller.plan(improver.runs, improver.pairs)
            improver.learn(wished)


def _alternate(task: Task, relaxation: Relaxation, teller: Teller, post: Post) -> None:
    """Run branch and bound on the classes; if alone, or with calendars given up, improvement in between."""
    model = task.model
    narrow = relaxation.model is not model
    alone = narrow or task.workers == 1
    tree = ClassSearch(relaxation, relaxation.proven())
    improver = Improver(model, teller.runs, teller.pairs, task.seed)
    improver.learn(relaxation.values)
    while True:
        if not tree.finished:
            teller.stage("classes")
            _search(task, tree, teller, post)
        elif not alone:
            return
        if alone:
            teller.stage("improvement")
            improver.take(teller.runs, teller.pairs)
            for _ in range(_STEPS_IN_TURN):
                if improver.step():
                    teller.plan(improver.runs, improver.pairs)


def _calendars(task: Task, teller: Teller, post: Post) -> None:
    """Choose one calendar of each class by prices, and make a plan from those.

    Does not return if the relaxation of all calendars would take too long.
    """
    model = task.model
    teller.stage("calendars")
    chosen = _offers(model, _LONG_OFFERS if task.workers == 1 else _OFFERS, teller).calendars()
    upper = model.upper_bound.copy()
    upper[: model.pairs] *= chosen[model.columns.pair_option]
    upper[model.pairs : model.pairs + model.options] *= chosen
    relaxation = Relaxation(replace(model, upper_bound=upper), task.seed)
    if not relaxation.run():
        return  # pins require a calendar that was given up
    _dive(task, relaxation, teller)
    _tighten(relaxation, teller, post)
    _dive(task, relaxation, teller)
    if model.pairs > _WIDE:
        _alternate(task, relaxation, teller, post)


def _offers(model: Model, rounds: int, teller: Teller) -> Offers:
    offers = Offers(model, rounds)
    for turn in range(1, rounds + 1):
        offers.step()
        if turn % _TOLD == 0:
            teller.bound(offers.bound())
    return offers


def _dive(task: Task, relaxation: Relaxation, teller: Teller) -> None:
    """Build a plan from the present relaxation, and restore the relaxation afterwards."""
    teller.stage("classes")
    basis = relaxation.basis()
    leaf = dive(relaxation)
    plan = None if leaf is None else repair(task.model, leaf, task.seed)
    if plan is not None:
        teller.plan(*plan)
    relaxation.set_basis(basis)
    relaxation.run()


def _tighten(relaxation: Relaxation, teller: Teller, post: Post) -> None:
    """Add rows that every plan keeps, as long as they lower the bound."""
    teller.stage("cuts")
    for _ in range(_CUT_ROUNDS):
        before = relaxation.objective
        if not relaxation.tighten() or not relaxation.run():
            return
        if relaxation.model is teller.model:
            teller.bound(relaxation.proven())
        post.send("open", relaxation.values)
        if before - relaxation.objective < _CUT_GAIN * abs(before):
            return


def _search(task: Task, tree: ClassSearch, teller: Teller, post: Post) -> None:
    for _ in range(_NODES_IN_TURN):
        teller.hear(post.read())
        if teller.best is not None:
            tree.best = max(tree.best, teller.best)
        leaf = tree.step()
        if leaf is not None:
            plan = repair(task.model, leaf, task.seed)
            if plan is not None:
                teller.plan(*plan)
        if teller.best is not None and tree.model is task.model:
            teller.bound(max(tree.bound, teller.best))


def _prove(task: Task, teller: Teller) -> None:
    """Run HiGHS on the whole model, in rounds, so that plans and bounds are reported during the search."""
    model = task.model
    part = _whole(model)
    for nodes in _PROOF_NODES:
        hint = plan_values(model, teller.runs, teller.pairs)
        answer = solve_part(part, nodes=nodes, seed=task.seed, hint=hint)
        if answer.values is not None:
            _tell(model, teller, answer.values)
        if answer.bound is not None and teller.best is not None:
            teller.bound(max(answer.bound, teller.best))
            if answer.bound <= teller.best:
                return


def _whole(model: Model) -> Part:
    everything = np.arange(model.matrix.shape[1])
    return restrict(model, everything, np.zeros(len(everything), dtype=np.int64))


def _tell(model: Model, teller: Teller, values: Ints) -> None:
    runs = np.flatnonzero(values[model.pairs : model.pairs + model.options])
    teller.plan(*completed(model.columns, runs, np.flatnonzero(values[: model.pairs])))


def prove(task: Task, post: Post) -> None:
    """The second process of a small instance: CP-SAT on the whole model, exact throughout."""
    from solver.model.cp_sat import search  # only here: see that module

    model, teller = task.model, Teller(task, post)
    while teller.best is None:
        teller.hear(post.wait())
    found = search(
        _whole(model),
        seed=task.seed,
        hint=plan_values(model, teller.runs, teller.pairs),
        on_solution=lambda values: _tell(model, teller, values),
        on_bound=teller.bound,
    )
    if found.values is not None:
        _tell(model, teller, found.values)
        teller.bound(found.bound)


def assist(task: Task, post: Post) -> None:
    """The second process: a bound while the simplex still runs, then improvement of the best plan."""
    model, teller = task.model, Teller(task, post)
    if model.options > len(model.columns.class_min):
        _offers(model, _LONG_OFFERS, teller)
    elif not only_places_are_scarce(model):
        ascend(model, _ROUNDS, teller.bound)
    opened: np.ndarray | None = None
    improver: Improver | None = None
    while True:
        messages = post.read() if improver is not None and opened is not None else post.wait()
        teller.hear(messages)
        for message in messages:
            if message[0] == "open":
                opened = message[1]
        if teller.best is None or opened is None:
            continue
        if improver is None:
            improver = Improver(model, teller.runs, teller.pairs, task.seed + 1)
            improver.learn(opened)
        improver.take(teller.runs, teller.pairs)
        if improver.step():
            teller.plan(improver.runs, improver.pairs)
