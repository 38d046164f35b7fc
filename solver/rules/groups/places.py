"""Sets of needs: their places in the file (`together[0]`, `apart[3]`), and the pairs of their needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from solver.instance.columns import Columns
from solver.instance.facts import NeedSet


def place(rule: str, number: int) -> str:
    return f"{rule}[{number}]"


def number_of(where: str) -> int:
    """Return the position in `together[0]`. Raises KeyError if there is none."""
    name, bracket, rest = where.partition("[")
    if not name or not bracket or not rest.endswith("]") or not rest[:-1].isdecimal():
        raise KeyError(where)
    return int(rest[:-1])


def needs_at(sets: Sequence[NeedSet], where: str) -> tuple[str, ...]:
    """Return the needs of the set at a place. Raises KeyError for a place that does not exist."""
    number = number_of(where)
    if number >= len(sets):
        raise KeyError(where)
    return sets[number].needs


def pairs_of(columns: Columns, sets: Sequence[NeedSet]) -> dict[str, dict[int, int]]:
    """Return for each need of the sets: option → pair."""
    need_at = {need.id: i for i, need in enumerate(columns.instance.needs)}
    name_of = {need_at[need]: need for each in sets for need in each.needs}
    found: dict[str, dict[int, int]] = {need: {} for need in name_of.values()}
    pairs = np.flatnonzero(np.isin(columns.pair_need, np.array(list(name_of), dtype=np.int64)))
    for pair in pairs.tolist():
        found[name_of[int(columns.pair_need[pair])]][int(columns.pair_option[pair])] = pair
    return found
