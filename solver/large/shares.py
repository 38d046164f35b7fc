"""Shares of each block in the rows that several blocks use: fixed, so that the blocks' plans fit together.

The shares follow the relaxation's average answer (`lagrangian.py`): a fund, a unit's absences or a trainee's free
day goes where the relaxation uses it. The plan at the start gets what it needs first, so that it stays feasible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.bounds.exact_bound import Floats
from solver.instance.columns import NO_LIMIT, Ints
from solver.large.clustering import clusters
from solver.model.model import Model
from solver.rules.table import FLOOR

Singles = npt.NDArray[np.float32]
LARGE = 190_000  # pairs; up to here the simplex is fast enough on the whole plan
_HUGE = 600_000  # pairs; from here on a plan is cut even across many ties
_TORN = 0.25  # of a block's ties; a cut through more than this is refused


def divide(model: Model, large: int = LARGE) -> Ints | None:
    """Return [classes] the block of each class; None if the plan is small, or has no natural parts."""
    if model.pairs <= large:
        return None
    block = clusters(model.columns, large, 1.0 if model.pairs > _HUGE else _TORN)
    return block if block.max(initial=0) > 0 else None


@dataclass(frozen=True, slots=True)
class Shares:
    """rows: [shared] positions; lower, upper: [blocks, shared] each block's share, in whole numbers."""

    rows: Ints
    lower: Ints
    upper: Ints

    def of(self, model: Model, block: int) -> tuple[Ints, Ints]:
        """Return (lower, upper) of all rows for a block."""
        lower, upper = model.lower.copy(), model.upper.copy()
        lower[self.rows], upper[self.rows] = self.lower[block], self.upper[block]
        return lower, upper


def _split(amount: Ints, weight: Floats) -> Ints:
    """Return [blocks, rows] whole parts of each row's amount, by weight [blocks, rows] (largest remainder)."""
    share = weight / np.maximum(1e-300, weight.sum(axis=0))
    exact = amount * share
    parts: Ints = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - parts), axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(weight))[:, None] + np.zeros_like(order), axis=0)
    left = amount - parts.sum(axis=0)
    parts += (rank < left) & (weight > 0)
    # the floating-point error of large amounts goes to the largest part
    parts[share.argmax(axis=0), np.arange(len(amount))] += amount - parts.sum(axis=0)
    return parts


def share_out(model: Model, block: Ints, seats: Singles, runs: Singles, begin: Ints) -> Shares:
    """Compute the shares of the shared rows.

    block: [classes]; seats, runs: [pairs], [options] the relaxation's answer; begin: [columns] values of a plan
    that keeps the rules, to stay feasible in every block.
    """
    columns = model.columns
    blocks = int(block.max(initial=0)) + 1
    of_option = block[columns.option_class]
    owner = np.concatenate([of_option[columns.pair_option], of_option])
    deciding = model.pairs + model.options
    part = sparse.csr_array(model.matrix[:, :deciding])
    into = sparse.csr_array((np.ones(deciding), (np.arange(deciding), owner)), shape=(deciding, blocks))
    touched = abs(part).astype(np.float64) @ into
    rows = np.flatnonzero(np.diff(touched.indptr) > 1)
    part = sparse.csr_array(part[rows])
    used = (part.maximum(0).astype(np.float64) * np.concatenate([seats, runs])[None, :]) @ into
    # a row that nobody uses goes to the blocks that could use it
    weight = used.toarray().T + 1e-6 * (touched[rows].toarray().T > 0)
    whole = sparse.csr_array((begin[:deciding], (np.arange(deciding), owner)), shape=(deciding, blocks))
    already = (part @ whole).toarray().T.astype(np.int64)
    upper = np.full(already.shape, NO_LIMIT)
    capped = np.flatnonzero(model.upper[rows] < NO_LIMIT)
    slack = model.upper[rows[capped]] - already[:, capped].sum(axis=0)
    upper[:, capped] = already[:, capped] + _split(slack, weight[:, capped])
    lower = np.full(already.shape, -NO_LIMIT)
    floor = model.rows_where(lambda rule: rule is FLOOR)[rows]
    wanted = np.flatnonzero(floor)
    lower[:, wanted] = _split(model.lower[rows[wanted]], weight[:, wanted])
    least = np.flatnonzero(~floor & (model.lower[rows] > -NO_LIMIT))
    spare = already[:, least].sum(axis=0) - model.lower[rows[least]]
    lower[:, least] = already[:, least] - _split(spare, weight[:, least])
    return Shares(rows, lower, upper)
