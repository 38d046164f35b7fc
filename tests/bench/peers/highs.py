"""HiGHS on the whole model, every plan told as it is found.

It is the copy that SciPy carries: that of OR-Tools tells no plans on the way, overruns its time limit, and drops
the best plan when it is stopped.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.model import highs

if TYPE_CHECKING:
    from tests.bench.peers.__main__ import Mouth

_IMPROVING, _INTERRUPT = 4, 6  # kinds of callback: a better plan; asked now and then, with the bound


def run(mouth: Mouth, workers: int) -> None:
    model = mouth.model
    width = model.matrix.shape[1]
    nothing = np.zeros(width, dtype=np.int64)
    program = highs.program(model.matrix, model.gain, (nothing, model.upper_bound), (model.lower, model.upper))
    program.integrality_ = [highs.core.HighsVarType.kInteger] * width
    solver = highs.solver(threads=workers, parallel="choose")
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.99)
    solver.setOptionValue("time_limit", mouth.seconds_left)
    solver.passModel(program)

    def bound(of: float) -> None:
        if math.isfinite(of):
            mouth.bound(model.constant + math.floor(of + 1e-3))

    def heard(kind: int, message: str, out: Any, answer: Any, nothing: object) -> None:
        if kind == _IMPROVING:
            mouth.values(np.rint(np.array(out.mip_solution)).astype(np.int64))
        bound(out.mip_dual_bound)

    solver.setCallback(heard, None)
    for kind in (_IMPROVING, _INTERRUPT):
        solver.startCallbackInt(kind)
    solver.run()
    bound(solver.getInfo().mip_dual_bound)
    mouth.say(status=solver.modelStatusToString(solver.getModelStatus()))
