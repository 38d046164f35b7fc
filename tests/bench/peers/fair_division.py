"""fairpyx, the library of fair course allocation: serial dictatorship and round robin.

It holds: seats of a class, what each trainee may take (bans, busy days, completed courses), clashes, one class per
course, values less travel. It does not hold: minimum sizes, money, absences, quotas, prerequisites within the
plan, load, floors, pins, `max_changes`, alternative calendars (it is given the first of each class). So what it
picks is seated again, in the order of picking, wherever all rules allow it; classes that end below their minimum
are cancelled, as the office does.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.instance.columns import Columns
from tests.bench.peers.first_come import seated_in_order

if TYPE_CHECKING:
    from tests.bench.peers.__main__ import Mouth

PYTHON = Path(__file__).parents[3] / ".venv-bench" / "bin" / "python"


def serial_dictatorship(mouth: Mouth, workers: int) -> None:
    """One trainee after another takes all that is best for them."""
    _run(mouth, "serial_dictatorship")


def round_robin(mouth: Mouth, workers: int) -> None:
    """Every trainee takes one class, then everybody a second one, and so on."""
    _run(mouth, "round_robin")


def _run(mouth: Mouth, algorithm: str) -> None:
    if not PYTHON.exists():
        mouth.say(cannot="not installed here (`make bench` installs it in .venv-bench)")
        return
    columns = mouth.model.columns
    asked, pair_at = _part(columns, algorithm)
    command = [PYTHON, Path(__file__).with_name("picking.py")]
    picked = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if picked.returncode != 0:
        mouth.say(cannot=picked.stderr.strip().rpartition("\n")[2] or f"ended with {picked.returncode}")
        return
    told = json.loads(picked.stdout)
    pairs = [pair for agent, item in told["picks"] for pair in pair_at.get((agent, item), ())]
    mouth.plan(*seated_in_order(columns, np.array(pairs, dtype=np.int64)))
    mouth.say(status=f"fairpyx {told['version']}")


def _part(columns: Columns, algorithm: str) -> tuple[dict[str, Any], dict[tuple[int, int], list[int]]]:
    """What fairpyx is asked, and the pairs of each trainee and class (one: a trainee needs a course once)."""
    instance = columns.instance
    _, first_option = np.unique(columns.option_class, return_index=True)  # classes in order, each with an option
    values: list[dict[int, int]] = [{} for _ in instance.trainees]
    pair_at: dict[tuple[int, int], list[int]] = {}
    offered = columns.pair_option == first_option[columns.option_class[columns.pair_option]]
    for pair in np.flatnonzero(offered & (columns.pair_gain > 0)).tolist():
        trainee = int(columns.need_trainee[columns.pair_need[pair]])
        item = int(columns.option_class[columns.pair_option[pair]])
        values[trainee][item] = int(columns.pair_gain[pair])
        pair_at.setdefault((trainee, item), []).append(pair)
    course = np.unique([each.course for each in instance.classes], return_inverse=True)[1]
    against = columns.overlap[np.ix_(first_option, first_option)] | (course[:, None] == course[None, :])
    np.fill_diagonal(against, False)
    asked = {
        "algorithm": algorithm,
        "values": values,
        "seats": np.bincount(columns.need_trainee, minlength=len(instance.trainees)).tolist(),
        "capacities": columns.class_max.tolist(),
        "conflicts": [np.flatnonzero(row).tolist() for row in against],
    }
    return asked, pair_at
