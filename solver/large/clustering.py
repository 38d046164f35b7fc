"""Clusters of classes: blocks of courses that share few people and funds with the rest.

Several provinces in one plan are almost independent: few trainees need classes across the border. The courses are
cut in two where the fewest people and the least money are shared (the second eigenvector of the normalised
Laplacian gives the order, and the best cut in that order is taken). The parts are cut again until they are small
enough.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.instance.columns import NO_LIMIT, Columns, Ints

Floats = npt.NDArray[np.float64]
_LEAST = 0.15  # of the pairs: a cut leaves at least this share on each side


def _courses(columns: Columns) -> Ints:
    """Return [classes] the position of each class's course."""
    at: dict[str, int] = {}
    return np.array([at.setdefault(c.course, len(at)) for c in columns.instance.classes], dtype=np.int64)


def _ties(columns: Columns, course: Ints) -> Floats:
    """Return [courses, courses] how many people need both, and how many seats the same funds pay, by share."""
    courses = int(course.max(initial=-1)) + 1
    wanted = np.unique(columns.pair_trainee * courses + course[columns.pair_class])
    shape = (len(columns.trainee_unit), courses)
    people = sparse.csr_array((np.ones(len(wanted)), (wanted // courses, wanted % courses)), shape=shape)
    ties: Floats = (people.T @ people).toarray()
    bound = np.flatnonzero(columns.fund_budget < NO_LIMIT)
    paid = np.zeros((courses, len(columns.fund_budget)))
    np.add.at(paid, (course, columns.class_fund), columns.class_max.astype(np.float64))
    paid = paid[:, bound]
    ties += (paid / np.maximum(1.0, paid.sum(axis=0))) @ paid.T
    np.fill_diagonal(ties, 0.0)
    return ties


def _cut(ties: Floats, weight: Floats) -> tuple[npt.NDArray[np.bool_], float]:
    """Return one side of the best cut, and the share of its smaller side's ties that it cuts (1.0 if none)."""
    degree = np.maximum(1e-9, ties.sum(axis=1))
    root = 1.0 / np.sqrt(degree)
    _, vectors = np.linalg.eigh(np.eye(len(ties)) - root[:, None] * ties * root[None, :])
    order = np.argsort(vectors[:, 1] * root, kind="stable")
    ordered = ties[np.ix_(order, order)]
    # cut between the first k and the others: when k grows by one, its ties to the others join, those to the first
    # leave
    inner = np.tril(ordered).sum(axis=1)
    across = np.cumsum(ordered.sum(axis=1) - 2.0 * inner)[:-1]
    volume = np.cumsum(degree[order])
    smaller = np.minimum(volume[:-1], volume[-1] - volume[:-1])
    share = np.cumsum(weight[order])[:-1] / max(1e-9, weight.sum())
    torn = np.where((share >= _LEAST) & (share <= 1 - _LEAST), across / np.maximum(1e-9, smaller), 1.0)
    best = int(np.argmin(torn))
    side = np.zeros(len(ties), dtype=np.bool_)
    side[order[: best + 1]] = True
    return side, float(torn[best])


def clusters(columns: Columns, largest: int, torn: float) -> Ints:
    """Return [classes] the block of each class: 0, 1, …

    largest: pairs that a block may have; a larger one is cut again, unless a single course is larger, or the best
    cut breaks more than the part `torn` of its ties.
    """
    course = _courses(columns)
    courses = int(course.max(initial=-1)) + 1
    weight = np.bincount(course[columns.pair_class], minlength=courses).astype(np.float64)
    ties = _ties(columns, course)
    done: list[Ints] = []
    waiting = [np.arange(courses, dtype=np.int64)]
    while waiting:
        part = waiting.pop()
        if weight[part].sum() <= largest or len(part) < 2:
            done.append(part)
            continue
        side, loss = _cut(ties[np.ix_(part, part)], weight[part])
        if loss > torn:
            done.append(part)
        else:
            waiting += [part[side], part[~side]]
    # the first course first, so that numbers do not depend on the signs of eigenvectors
    block = np.zeros(courses, dtype=np.int64)
    for number, part in enumerate(sorted(done, key=lambda part: int(part.min(initial=0)))):
        block[part] = number
    return block[course]
