"""Bundles: the joint choices that one trainee's own rules allow.

A *bundle* is a set of pairs of linked needs of one trainee that breaks none of the trainee's own rules (one seat
for a need, clash, prerequisite, load). Once the rows that trainees share are priced, each group of linked needs
takes its best bundle. Those rules then hold exactly and need no prices, which gives a tighter bound than rows.

Where a trainee has too many choices, fewer needs are linked, and the rows between the groups are priced like any
other. The bound is therefore valid whatever the limit is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from solver.instance.columns import Bools, Ints, expand
from solver.model.model import Model
from solver.rules.table import ONE_SEAT, position

_ONE_SEAT = position(ONE_SEAT)
LIMITS = (512, 128, 32, 8, 1)  # joint choices of a group, before the rules exclude any
MOST = 12_000_000  # choices of all groups; above this, the next limit
_CHUNK = 1_000_000  # choices examined at a time

Small = npt.NDArray[np.int32]
Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class Bundles:
    """All bundles that hold at least one pair, group after group.

    Bundle k holds pairs `member[first[k]:first[k + 1]]`; group g has bundles `begin[g]:begin[g + 1]` (the last of
    both end with the array). Groups are in no particular order; a need without pairs has none.
    """

    member: Small  # positions of pairs
    first: Ints  # [bundles]
    begin: Ints  # [groups]
    group: Small  # [bundles]
    by_size: tuple[tuple[Ints, Small], ...]  # bundles of 1, 2, … pairs: positions, and their [count, size] pairs
    priced: Bools  # [rows] rows that bundles do not keep

    @property
    def longest(self) -> int:
        """Return the largest number of pairs in a bundle."""
        return len(self.by_size)

    def worth(self, reduced: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Return [bundles] the sum of the values of each bundle's pairs."""
        worth = np.zeros(len(self.first), dtype=reduced.dtype)
        for where, pairs in self.by_size:
            total = reduced[pairs[:, 0]]
            for column in range(1, pairs.shape[1]):
                total += reduced[pairs[:, column]]
            worth[where] = total
        return worth

    def best(self, worth: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """Return [groups] the value of the best bundle; 0 if no bundle has a positive value."""
        if len(self.begin) == 0:
            return worth[:0]
        return np.maximum(np.maximum.reduceat(worth, self.begin), 0)

    def chosen(self, worth: npt.NDArray[Number], best: npt.NDArray[Number]) -> Ints:
        """Return the pairs of each group's best bundle (the first of equals; none without a positive value)."""
        candidates = np.flatnonzero((worth >= best[self.group]) & (worth > 0))
        owner = self.group[candidates]
        winners = candidates[np.append(True, owner[1:] != owner[:-1])[: len(owner)]]
        ends = np.append(self.first, len(self.member))
        which, step = expand(ends[winners + 1] - ends[winners])
        pairs: Ints = self.member[ends[winners[which]] + step].astype(np.int64)
        return pairs


def _linked(model: Model, rows: Ints, row: Ints, need: Ints, pairs: Ints, limit: int) -> Ints:
    """Return [needs] a group for each need: needs that share a row, as long as their choices stay few.

    rows: positions of the rows; row, need: which need is in which row, ascending by row; pairs: [needs].
    """
    root = list(range(len(pairs)))
    choices = (pairs + 1).astype(np.float64).tolist()

    def find(at: int) -> int:
        while root[at] != at:
            root[at] = root[root[at]]
            at = root[at]
        return at

    bounds = np.searchsorted(row, np.append(rows, len(model.rule)))
    # few choices first, so that the most expensive links are left out
    product = np.zeros(len(model.rule))
    np.add.at(product, row, np.log(pairs[need] + 1.0))
    listed = need.tolist()
    for at in np.argsort(product[rows], kind="stable").tolist():
        members = {find(one) for one in listed[bounds[at] : bounds[at + 1]]}
        if len(members) < 2:
            continue
        together = 1.0
        for one in members:
            together *= choices[one]
        if together > limit:
            continue
        first = min(members)
        for one in members:
            root[one] = first
        choices[first] = together
    return np.array([find(at) for at in range(len(root))], dtype=np.int64)


def _violating(chosen: Small, rows: sparse.csr_array, upper: Ints) -> Bools:
    """Return which choices break a row. chosen: [choices, needs] pairs, −1 for none; rows: [pairs, rows]."""
    inside = chosen >= 0
    counts = inside.sum(axis=1)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    data = np.ones(int(indptr[-1]), dtype=np.int64)
    choice = sparse.csr_array((data, chosen[inside], indptr), shape=(len(chosen), rows.shape[0]))
    activity = (choice @ rows).tocoo()
    broken = np.zeros(len(chosen), dtype=np.bool_)
    broken[activity.row[activity.data > upper[activity.col]]] = True
    return broken


def _joint(
    needs: list[Ints], pair_begin: Ints, pair_count: Ints, growing: tuple[sparse.csr_array, Ints],
    whole: tuple[sparse.csr_array, Ints],
) -> tuple[Ints, Small]:  # fmt: skip
    """Return (group, chosen) of all joint choices that keep the rows; one need is added at a time.

    needs[k]: the k-th need of each group, −1 if it has fewer. growing: rows that more pairs can only break.
    """
    groups = len(needs[0])
    group = np.arange(groups, dtype=np.int64)
    chosen = np.full((groups, len(needs)), -1, dtype=np.int32)
    for turn, need in enumerate(needs):
        here = need[group]
        counts = np.where(here >= 0, pair_count[here] + 1, 1)
        owner, step = expand(counts)
        group, chosen = group[owner], chosen[owner]
        taken = step > 0
        chosen[taken, turn] = pair_begin[here[owner[taken]]] + step[taken] - 1
        if turn:
            keep = ~_violating(chosen, *growing)
            group, chosen = group[keep], chosen[keep]
    keep = (chosen >= 0).any(axis=1) & ~_violating(chosen, *whole)
    return group[keep], chosen[keep]


def build_bundles(model: Model, limits: tuple[int, ...] = LIMITS) -> Bundles:
    """Build the bundles of a model.

    limits: joint choices of a group, before the rules exclude any; the first limit that keeps them few enough is
    used.

    1. Find the needs that a row of their trainee links; each set of linked needs becomes a group.
    2. List all joint choices of each group; a need alone in its group has its pairs as bundles.
    """
    columns = model.columns
    pair_need = columns.pair_need
    pair_count = np.bincount(pair_need, minlength=len(columns.need_trainee))
    with_pairs, begin = np.unique(pair_need, return_index=True)
    pair_begin = np.zeros(len(pair_count), dtype=np.int64)
    pair_begin[with_pairs] = begin  # pairs are ordered by need
    # 1
    own = model.rows_where(lambda rule: rule.in_bundles)
    linking = np.flatnonzero(own & (model.rule != _ONE_SEAT))
    part = model.matrix[linking]
    entry_row = linking[np.repeat(np.arange(len(linking)), np.diff(part.indptr))]
    width = max(1, len(pair_count))
    link = np.unique(entry_row * width + pair_need[part.indices])
    link_row, link_need = link // width, link % width
    for limit in limits:
        name = _linked(model, linking, link_row, link_need, pair_count, limit)
        in_group = np.bincount(name, weights=np.log(pair_count + 1.0), minlength=width)
        if np.exp(in_group[np.bincount(name, minlength=width) > 1]).sum() <= MOST:
            break
    lowest, highest = np.full(len(own), width), np.full(len(own), -1)
    np.minimum.at(lowest, link_row, name[link_need])
    np.maximum.at(highest, link_row, name[link_need])
    kept = own & ((model.rule == _ONE_SEAT) | (lowest == highest))
    # 2
    touched = np.zeros(width, dtype=np.bool_)
    touched[name[link_need[kept[link_row]]]] = True  # groups in which a row is to be kept
    joint = (pair_count > 0) & touched[name]
    alone = np.flatnonzero((pair_count > 0) & ~joint)
    member, first, group, count = _alone(alone, pair_begin, pair_count)
    pieces = [(member, first, group)]
    for needs in _chunks(name, np.flatnonzero(joint), pair_count):
        rows = _rows_of(model, kept, needs, pair_count, pair_begin)
        groups, chosen = _joint(needs, pair_begin, pair_count, *rows)
        inside = chosen >= 0
        sizes = inside.sum(axis=1)
        pieces.append((chosen[inside].astype(np.int64), np.cumsum(sizes) - sizes, count + groups))
        count += len(needs[0])
    offsets = np.cumsum([0] + [len(member) for member, _, _ in pieces])
    group = np.concatenate([piece[2] for piece in pieces])
    first = np.concatenate([piece[1] + offset for piece, offset in zip(pieces, offsets[:-1], strict=True)])
    _, begin, group = np.unique(group, return_index=True, return_inverse=True)
    member = np.concatenate([piece[0] for piece in pieces])
    sizes = np.diff(np.append(first, len(member)))
    small = member.astype(np.int32)
    by_size = []
    for size in range(1, int(sizes.max(initial=1)) + 1):
        where = np.flatnonzero(sizes == size)
        by_size.append((where, small[first[where][:, None] + np.arange(size)]))
    return Bundles(small, first, begin, group.astype(np.int32), tuple(by_size), ~kept)


def _alone(needs: Ints, pair_begin: Ints, pair_count: Ints) -> tuple[Ints, Ints, Ints, int]:
    owner, step = expand(pair_count[needs])
    return pair_begin[needs[owner]] + step, np.arange(len(owner), dtype=np.int64), owner, len(needs)


def _chunks(name: Ints, needs: Ints, pair_count: Ints) -> list[list[Ints]]:
    """Return groups of several needs in chunks of limited joint choices: the k-th need of each group."""
    if len(needs) == 0:
        return []
    needs = needs[np.argsort(name[needs], kind="stable")]
    _, begin, group = np.unique(name[needs], return_index=True, return_inverse=True)
    rank = np.arange(len(needs)) - begin[group]
    choices = np.exp(np.add.reduceat(np.log(pair_count[needs] + 1.0), begin))
    piece = (np.cumsum(choices) // _CHUNK).astype(np.int64)
    chunks = []
    for number in np.unique(piece).tolist():
        inside = piece[group] == number
        groups = np.flatnonzero(piece == number)
        table = np.full((int(rank[inside].max()) + 1, len(groups)), -1, dtype=np.int64)
        table[rank[inside], group[inside] - groups[0]] = needs[inside]
        chunks.append(list(table))
    return chunks


def _rows_of(
    model: Model, kept: Bools, needs: list[Ints], pair_count: Ints, pair_begin: Ints
) -> tuple[tuple[sparse.csr_array, Ints], tuple[sparse.csr_array, Ints]]:
    """Return the kept rows over these needs as [pairs, rows] with upper sides: growing rows, and all rows."""
    several = np.unique(np.concatenate([need[need >= 0] for need in needs]))
    owner, step = expand(pair_count[several])
    mine = np.zeros(model.matrix.shape[1], dtype=np.bool_)
    mine[pair_begin[several[owner]] + step] = True
    candidates = np.flatnonzero(kept & (model.rule != _ONE_SEAT))
    part = model.matrix[candidates]
    touches = mine[part.indices] if part.nnz else np.zeros(0, dtype=np.bool_)
    holds = np.zeros(len(candidates), dtype=np.bool_)
    holds[np.repeat(np.arange(len(candidates)), np.diff(part.indptr))[touches]] = True
    rows = candidates[holds]
    whole = part[np.flatnonzero(holds)][:, : model.pairs]
    falls = np.zeros(len(rows), dtype=np.bool_)
    falls[np.repeat(np.arange(len(rows)), np.diff(whole.indptr))[whole.data < 0]] = True
    growing = np.flatnonzero(~falls)
    return (
        (sparse.csr_array(whole[growing].T.tocsr()), model.upper[rows[growing]]),
        (sparse.csr_array(whole.T.tocsr()), model.upper[rows]),
    )
