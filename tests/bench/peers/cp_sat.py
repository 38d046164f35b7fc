"""CP-SAT on the whole model: what one would try first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.model.cp_sat import search
from solver.model.submodel import restrict

if TYPE_CHECKING:
    from tests.bench.peers.__main__ import Mouth


def run(mouth: Mouth, workers: int) -> None:
    model = mouth.model
    width = model.matrix.shape[1]
    whole = restrict(model, np.arange(width), np.zeros(width, dtype=np.int64))
    found = search(whole, seed=0, workers=workers, on_solution=mouth.values, on_bound=mouth.bound)
    if found.values is not None:
        mouth.values(found.values)
        mouth.bound(found.bound)
    mouth.say(status=found.status)
