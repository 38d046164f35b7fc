"""First come, first served: who registered first is seated first, by the very same rules.

What an office does by hand. Each need takes the earliest option of its course in which it fits; a class that ends
below its minimum is cancelled, and all is tried again without it. It knows nothing of values and of pins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.instance.columns import Columns, Ints
from solver.search.greedy import Seating

if TYPE_CHECKING:
    from tests.bench.peers.__main__ import Mouth


def seated_in_order(columns: Columns, pairs: Ints) -> tuple[Ints, Ints]:
    """Options and pairs of the plan that seats these pairs one after another, where the rules allow it."""
    twice = np.concatenate([pairs, pairs]).tolist()  # what needs a later one's seat first comes again
    cancelled = np.zeros(len(columns.option_class), dtype=np.bool_)
    while True:
        seating = Seating(columns)
        for pair in twice:
            option = int(columns.pair_option[pair])
            if cancelled[option]:
                continue
            if not seating.runs[option]:
                if not seating.could_open(option, int(columns.class_min[columns.option_class[option]])):
                    continue
                seating.open(option)
            if seating.fits(pair):
                seating.add(pair)
        count = np.array(seating.count)
        short = seating.runs & (count < np.maximum(1, columns.class_min[columns.option_class]))
        if not short.any():
            return seating.plan()
        cancelled |= short


def run(mouth: Mouth, workers: int) -> None:
    columns = mouth.model.columns
    by_need = np.lexsort((columns.option_first[columns.pair_option], columns.pair_need))
    mouth.plan(*seated_in_order(columns, by_need))
    mouth.say(status="DONE")
